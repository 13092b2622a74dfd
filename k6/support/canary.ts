import { sleep } from "k6";
import exec from "k6/execution";
import { now } from "./clock.ts";
import { fetchAccount, type Run } from "./run.ts";

/** Canaries sent before looking again: few, because each reaches every subscription that matches it. */
const ROUND = 10;
const PAUSE_SECONDS = 0.2;

/**
 * Sends canaries until each subscription has received one, so that load starts on a path that is
 * known to work from end to end. Health endpoints are not believed. Ends the test (k6 exits 108)
 * when no canary has arrived in time.
 *
 * @param seqs events whose attributes the canaries take in turn, so that every filter matches some.
 * @param send publishes the canary with the attributes of event `seq`.
 */
export function awaitCanaries(
  receiver: string,
  run: Run,
  timeoutSeconds: number,
  seqs: readonly number[],
  send: (seq: number) => void,
): void {
  const deadline = now() + timeoutSeconds * 1000;
  let seen = { paths: 0, ready: 0 };
  for (let sent = 0; now() < deadline; sleep(PAUSE_SECONDS)) {
    const account = fetchAccount(receiver, run.id);
    if (account !== null) seen = account;
    if (seen.paths > 0 && seen.ready === seen.paths) return;
    if (seen.paths === 0) continue;
    for (const end = sent + ROUND; sent < end; sent++) send(seqs[sent % seqs.length] as number);
  }
  if (seen.ready > 0) {
    console.warn(`canaries reached ${seen.ready} of ${seen.paths} subscriptions in ${timeoutSeconds} s; going on`);
    return;
  }
  exec.test.abort(
    seen.paths === 0
      ? `no subscriber joined run ${run.id} within ${timeoutSeconds} s: start websocket.js with the same RUN_ID and RECEIVER_URL`
      : `no canary arrived on any of ${seen.paths} subscriptions within ${timeoutSeconds} s: the path from publisher to subscriber is not working`,
  );
}
