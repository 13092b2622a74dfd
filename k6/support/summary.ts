import type { Test } from "../../scenarios.ts";
import { type K6Data, renderSummary, summarize } from "../../summary.ts";
import type { Slo } from "../../thresholds.ts";
import type { Account } from "../../workload/account.ts";
import type { Plan } from "../../workload/plan.ts";
import { eventsIn, lengthOf } from "../../workload/shape.ts";
import { fetchAccount, type Run } from "./run.ts";

interface SummarySettings {
  readonly test: Test;
  readonly SCENARIO: string;
  readonly SUMMARY: string | undefined;
  readonly RECEIVER_URL?: string | undefined;
  readonly END_WHEN_SETTLED?: boolean;
  readonly TRIALS?: readonly string[];
  readonly load: Plan;
  readonly slos: readonly Slo[];
}

/**
 * k6's `handleSummary` of a test: the verdict as text, and as JSON where SUMMARY names a file.
 *
 * @param notes what has to be known to read it.
 */
export function summaryOf(
  config: SummarySettings,
  notes: readonly string[] = [],
): (data: K6Data & { setup_data?: unknown }) => Record<string, string> {
  return (data) => {
    const run = isRun(data.setup_data) ? data.setup_data : null;
    const account =
      run !== null && config.RECEIVER_URL !== undefined ? fetchAccount(config.RECEIVER_URL, run.id) : null;
    const summary = summarize({
      test: config.test,
      scenario: config.SCENARIO,
      slos: config.slos,
      data,
      run,
      account,
      notes,
      requestedRate: requestedRate(config.load),
      complete: isComplete(config, data, account),
    });
    const outputs: Record<string, string> = { stdout: `\n${renderSummary(summary)}` };
    if (config.SUMMARY !== undefined) outputs[config.SUMMARY] = `${JSON.stringify(summary, null, 2)}\n`;
    return outputs;
  };
}

function isRun(data: unknown): data is Run {
  return typeof data === "object" && data !== null && "instance" in data;
}

/**
 * Whether the load was carried to its end. k6 does not tell a test that Ctrl-C ended it: what publishes
 * has to have sent everything, and what visits has to have taken its time.
 */
function isComplete(config: SummarySettings, data: K6Data, account: Account | null): boolean {
  const { load, END_WHEN_SETTLED, TRIALS } = config;
  const countOf = (metric: string) => data.metrics[metric]?.values["count"] ?? 0;
  const published = countOf("events_published");
  if (TRIALS !== undefined && countOf("trials_done") < TRIALS.length) return false;
  if (load.kind === "paced") return published >= load.events;
  if (load.kind === "unpaced" && load.events !== null) return published >= load.events;
  if (END_WHEN_SETTLED === true && account !== null && account.ending !== null) return true;
  const seconds = load.kind === "visitors" ? lengthOf(load.shape) : load.seconds;
  return data.state.testRunDurationMs >= seconds * 1000;
}

function requestedRate(load: Plan): number | null {
  return load.kind === "paced" ? eventsIn(load.shape) / lengthOf(load.shape) : null;
}
