/** An event of a chain that no gateway knows, to see whom it is delivered to. */

import type { Account } from "../../../core/account.ts";
import { AS_PLANNED } from "../../../core/notes.ts";
import { quotesIn } from "../../../core/quotes.ts";
import { safeMessageOf } from "../../../core/redaction.ts";
import type { K6Data } from "../../../core/summary.ts";
import { PROBE_PUBLISHER } from "../../../core/trace.ts";
import { traceOf } from "../../../k6/support/publishing.ts";
import { quote } from "../../../k6/support/quotes.ts";
import type { Run } from "../../../k6/support/run.ts";
import { type PulseEvents, pulseEvents } from "../pipeline.ts";

/** What the quote of a probe that was sent is about. */
const PROBE = "probe of chain";

/**
 * Sends one, where a number is given; to be called in `setup()`, when canaries have come through.
 *
 * @param number of a chain that the gateway does not know; 0 sends none.
 * @param publish hands a message to the stream, or throws.
 */
export function probeChain(
  run: Run,
  number: number,
  { workload, spelling }: PulseEvents,
  publish: (message: ReturnType<PulseEvents["write"]>) => void,
): void {
  const [chain] = workload.chains;
  if (number === 0 || chain === undefined) return;
  const strange = pulseEvents({ ...workload, chains: [chain] }, { ...spelling, numbers: { [chain]: number } });
  const message = strange.write(traceOf(run, PROBE_PUBLISHER, 0));
  try {
    publish(message);
    quote(PROBE, String(number));
  } catch (problem) {
    console.warn(`PROBE_CHAIN=${number}: ${message.subject} is not taken: ${safeMessageOf(problem)}`);
  }
}

/** Which subscriptions received it, as a note of the summary. */
export function probeNotes({ root_group }: K6Data, account: Account | null): string[] {
  const sent = quotesIn(root_group).find(({ about }) => about === PROBE);
  if (sent === undefined || account === null) return [];
  const { probed, paths } = account;
  const what = `one event of chain ${sent.text}, which no gateway knows, was sent before the load to see who gets it`;
  const result =
    probed === 0
      ? "no subscription did"
      : `${probed} of ${paths} subscriptions did, past their filters, which is no fault unless your gateway must hold such events back`;
  return [`${AS_PLANNED}${what}: ${result} (PROBE_CHAIN=0 sends none)`];
}
