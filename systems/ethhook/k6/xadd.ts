import type { PipelineEvents } from "../../../core/pipelineevents.ts";
import { isUnreachable } from "../../../core/shortage.ts";
import { now } from "../../../k6/support/clock.ts";
import { isShortage } from "../../../k6/support/host.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import type { SendOutcome, Tick } from "../../../k6/support/publishing.ts";
import type { Run } from "../../../k6/support/run.ts";
import { sendEach } from "../../../k6/support/sending.ts";
import { missOf } from "../../../k6/support/series.ts";
import { wordsOf } from "./words.ts";

type XaddMeasures = ReturnType<typeof measures<"everywhere" | "publishing">>;

/** The stream and its entries. */
interface XaddOptions {
  readonly metrics: XaddMeasures;
  readonly redis: { sendCommand(name: string, ...words: readonly string[]): Promise<unknown> };
  readonly stream: string;
  readonly events: Pick<PipelineEvents<readonly string[]>, "write">;
}

/** Sends each event by its own XADD, all of a tick concurrently, and times each. */
export function eachAdded({ metrics, redis, stream, events }: XaddOptions) {
  return async (run: Run, tick: Tick): Promise<SendOutcome> => {
    const outcome = await sendEach(run, tick, async (trace) => {
      const sentAt = now();
      try {
        await redis.sendCommand("XADD", stream, "*", ...events.write(trace));
        return { outcome: "acknowledged", took: now() - sentAt };
      } catch (problem) {
        const error = String(problem);
        const refused = /^(?:GoError: )?[A-Z]+ /.test(error);
        const outcome = missOf(metrics, { sent: !isUnreachable(error), refused, error }, 1);
        return { outcome, took: null, said: outcome === "unsent" ? undefined : wordsOf(problem) };
      }
    });
    isShortage(metrics, null);
    return outcome;
  };
}
