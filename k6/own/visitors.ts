import { check } from "k6";
import exec from "k6/execution";
import http from "k6/http";
import { type AnyEndpoints, latencyMetric, type OwnEndpoint, problemOfAnswer } from "../../core/endpoints.ts";
import { environmentOf } from "../../core/ownvariables.ts";
import { describeQuotes, quotesIn } from "../../core/quotes.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import { StallWatch } from "../../core/stall.ts";
import type { K6Data } from "../../core/summary.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { ask } from "../support/ask.ts";
import { concealing, guarded } from "../support/guard.ts";
import { enterHealth, requireHealth, type WatchStart } from "../support/health.ts";
import { isShortage } from "../support/host.ts";
import { lead } from "../support/lead.ts";
import { countBounds, declareCounters, latencyMeasure, measures } from "../support/metrics.ts";
import { quote } from "../support/quotes.ts";
import type { Settings } from "../support/settings.ts";
import { countStatus } from "../support/statuses.ts";
import { settingsOf } from "../support/told.ts";
import { arrive, think } from "../support/visitor.ts";
import { OwnAccess } from "./access.ts";

/** The test of a table of endpoints: each virtual user asks them one after the other. */
export function visitorsOf(declared: AnyEndpoints) {
  lead?.defineVisitsOf(declared);
  const config = settingsOf(declared.name as RunnableTest) as unknown as Settings<"http">;
  countBounds(config);
  const metrics = measures("everywhere", "http", "health");
  const latencies = declared.endpoints.map(({ name }) => latencyMeasure(latencyMetric(name)));
  const stalls = declared.endpoints.map(() => new StallWatch());
  const env = environmentOf(declared, __ENV);
  const access = new OwnAccess(config, declared);
  const address = concealing(() => declared.address(env).replace(/\/+$/, ""));
  const common = concealing(() => declared.headers?.(env) ?? {});

  async function askOne({ method = "GET", path, headers, body, status = 200, name }: OwnEndpoint) {
    const isText = typeof body === "string" || body === undefined;
    const type = isText ? {} : { "Content-Type": "application/json" };
    const send = (shown: Readonly<Record<string, string>>) =>
      ask(method, address + path, isText ? (body ?? null) : JSON.stringify(body), {
        headers: { ...shown, ...type, ...common, ...headers },
        tags: { name },
        timeout: `${config.HTTP_TIMEOUT}s`,
        responseCallback: http.expectedStatuses(...[status].flat()),
        responseType: "text",
      });
    // Where a 401 is the right answer, the next token would be asked for in vain.
    if (![status].flat().includes(401)) return access.send(send);
    await access.ready();
    return send(access.headers());
  }

  function enterLatency(place: number, took: number): void {
    latencies[place]?.add(took);
    const held = stalls[place]?.answered(took) ?? 0;
    metrics.http_outage_ms.add(held);
    if (held === 0) return;
    metrics.http_outage_seconds.add(held / 1000);
    const from = new Date(Date.now() - held).toISOString().slice(11, 19);
    quote(OUTAGE, `${declared.endpoints[place]?.name} for ${(held / 1000).toFixed(1)} s from ${from}Z`);
  }

  let hasArrived = false;

  async function visit(): Promise<void> {
    if (!hasArrived) arrive(config.load);
    hasArrived = true;
    for (const [place, endpoint] of declared.endpoints.entries()) {
      const asked = await askOne(endpoint);
      const { answer, error } = asked;
      // Nothing that the target did, so that no error rate and no check is told of it.
      if (isShortage(metrics, error)) continue;
      countStatus(metrics, answer?.status ?? 0);
      const problem =
        answer === null
          ? `gives no answer: ${error}`
          : problemOfAnswer(endpoint, answer.status, String(answer.body ?? ""));
      check(problem, { [`${endpoint.name} answers as it must`]: () => problem === null });
      metrics.http_error_rate.add(problem !== null);
      // A quick refusal must not improve a latency.
      if (asked.answer !== null && problem === null) enterLatency(place, asked.took);
      if (problem !== null) quote(endpoint.name, problem);
    }
    think(config.THINK_TIME, metrics.generator_lateness_ms);
  }

  return {
    options: { ...lead?.optionsOf(config, "visit"), ...access.options },
    async setup(): Promise<WatchStart> {
      declareCounters();
      const watched = requireHealth(config);
      for (const [place, endpoint] of declared.endpoints.entries()) {
        const { answer, error } = await askOne(endpoint);
        const { name, method = "GET", path, status = 200 } = endpoint;
        if (error !== null && place === 0) {
          exec.test.abort(withoutCredentials(`${address}: ${name} gives no answer: ${error}`));
        }
        const isRight = answer !== null && [status].flat().includes(answer.status);
        if (answer !== null && !isRight) access.requireAdmission(answer, `${method} ${address}${path}`);
      }
      return watched;
    },
    visit: guarded(metrics.script_errors, visit),
    teardown: (watched: WatchStart) => enterHealth(config, metrics, watched),
    handleSummary: lead?.summaryOf(config, undefined, evidenceOf),
  };
}

const OUTAGE = "outage of";

/** What the endpoints said, by the objective that it spoils. */
function evidenceOf(data: K6Data): Readonly<Record<string, string>> {
  const quotes = quotesIn(data.root_group);
  const errors = describeQuotes(quotes.filter(({ about }) => about !== OUTAGE));
  const outages = describeQuotes(quotes.filter(({ about }) => about === OUTAGE));
  return {
    ...(errors === null ? {} : { http_error_rate: errors }),
    ...(outages === null ? {} : { http_outage_ms: outages }),
  };
}
