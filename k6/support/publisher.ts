/** A test that publishes: the functions that k6 asks its script for, made of what only this test has. */
import type { Account } from "../../core/account.ts";
import { CANARY_PUBLISHER, type Trace } from "../../core/trace.ts";
import type { Canaries, SentCanaries } from "./canary.ts";
import type { EndSettings } from "./ending.ts";
import { guarded } from "./guard.ts";
import { requireHealth, type WatchStart } from "./health.ts";
import { lead } from "./lead.ts";
import { declareCounters, type measures } from "./metrics.ts";
import type { optionsOf } from "./options.ts";
import { traceOf } from "./publishing.ts";
import { compareWhileLoaded, type FarEnd, openRun, type Run } from "./run.ts";
import type { summaryOf } from "./summary.ts";

/** Connections that one virtual user keeps for its next requests, so that none is opened for each. */
export const KEPT_CONNECTIONS = { batch: 1_000, batchPerHost: 1_000 };

type PublisherMeasures = ReturnType<typeof measures<"everywhere" | "publishing" | "account" | "health">>;

type PublisherSettings = EndSettings &
  Parameters<typeof optionsOf>[0] &
  Parameters<typeof summaryOf>[0] & { readonly CANARY_TIMEOUT: number };

/** Canaries that wait for every publisher of the run. */
interface PublisherCanaries extends Omit<Canaries, "wanted" | "send"> {
  /** Without how many paths the load does not start; one unless told. */
  readonly paths?: number | undefined;
  /** Whether `send` itself counts those that left, or may have. */
  readonly countsSent?: boolean;
  /** Publishes the canary that has this trace. */
  send(trace: Trace): unknown;
}

/** What one test that publishes has, and others have not. */
export interface PublisherParts<More> {
  /** Scenarios beside the load, and how many of their virtual users wait for its end as those who compare clocks do. */
  readonly beside?: Readonly<Record<string, object>>;
  readonly waiting?: number;
  /** Options of k6 beside those of every test. */
  readonly options?: object;
  /** Ends the test where the target is not fit for the load; before the run is opened. */
  require?(): unknown;
  /** Where the events must come out. */
  opening(): FarEnd;
  /** How canaries are sent, and what it means that none comes out; not where `proven` shows it in another way. */
  canaries?(run: Run): Promise<PublisherCanaries> | PublisherCanaries;
  /**
   * Called when the pipeline is known to work.
   *
   * @param sent null where no canary was sent, as without a receiver.
   * @returns what virtual users and teardown have to know beside the run.
   */
  proven?(run: Run, sent: SentCanaries | null): Promise<More> | More;
  /** An iteration of the load, as `publishing()` makes it. */
  publish(run: Run & More): Promise<void>;
  /** The account with what only this test can find out; null where that is nothing. */
  completed?(run: Run & More, settled: Account): Promise<Account | null> | Account | null;
  readonly notes?: Parameters<typeof summaryOf>[1];
  readonly evidence?: Parameters<typeof summaryOf>[2];
}

/** The test. To be called in the init context, when its metrics are declared. */
export function publisherTest<More extends object = object>(
  config: PublisherSettings,
  metrics: PublisherMeasures,
  parts: PublisherParts<More>,
) {
  const { RECEIVER_URL: receiver, CANARY_TIMEOUT, INSTANCES } = config;
  const prove = async (run: Run): Promise<SentCanaries | null> => {
    const told = receiver === undefined ? undefined : await parts.canaries?.(run);
    if (lead === null || receiver === undefined || told === undefined) return null;
    const wanted = { paths: told.paths, publishers: INSTANCES };
    const send = (seq: number) => {
      if (told.countsSent !== true) metrics.canaries_sent.add(1);
      return told.send(traceOf(run, CANARY_PUBLISHER, seq));
    };
    return lead.awaitCanaries(receiver, run, CANARY_TIMEOUT, { ...told, wanted, send });
  };
  return {
    options: { ...lead?.optionsOf(config, "publish", parts.beside), ...parts.options },
    async setup(): Promise<Run & WatchStart & More> {
      declareCounters();
      const watched = requireHealth(config);
      await parts.require?.();
      const run = openRun(config, "publisher", parts.opening());
      const sent = await prove(run);
      return { ...run, ...watched, ...((await parts.proven?.(run, sent)) as More) };
    },
    publish: guarded(metrics.script_errors, parts.publish),
    /** Beside the load: compares clocks with the receiver. */
    compareClock: compareWhileLoaded(config, "publisher", { others: parts.waiting ?? 0 }),
    teardown: lead?.endRun<More>(config, metrics, "publisher", parts.completed),
    handleSummary: lead?.summaryOf(config, parts.notes, parts.evidence),
  };
}
