import { Outage } from "../../../core/outage.ts";
import { now } from "../../../k6/support/clock.ts";
import type { measures } from "../../../k6/support/metrics.ts";
import { pause } from "../../../k6/support/pause.ts";
import { quote } from "../../../k6/support/quotes.ts";
import type { Endpoint, Topic } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";

type OutageMeasures = ReturnType<typeof measures<"http">>;

/** Each endpoint is asked every half second or so: one wrong answer, which the objectives allow, is no outage. */
const ASK_EVERY_MS = 50;

/** From here on an outage is told with its time. */
const WORTH_TELLING_MS = 1_000;

/**
 * Asks one endpoint after the other when it is due, whatever became of the questions before, and enters for
 * how long each gave no right answer. Visitors ask nothing while they wait: what stands still for all of
 * them costs each a single slow answer among thousands.
 *
 * @param until Unix ms.
 */
export async function watchOutages(
  gateway: Gateway,
  endpoints: readonly Endpoint[],
  topic: Topic,
  measure: OutageMeasures,
  until: number,
): Promise<void> {
  const watched = endpoints.map((endpoint) => ({ endpoint, outage: new Outage() }));
  const enter = (endpoint: Endpoint, lasted: number, at: number) => {
    measure.http_outage_ms.add(lasted);
    if (lasted < WORTH_TELLING_MS) return;
    measure.http_outage_seconds.add(lasted / 1000);
    const from = new Date(at - lasted).toISOString().slice(11, 19);
    quote("outage of", `${endpoint.name} for ${(lasted / 1000).toFixed(1)} s from ${from}Z`);
  };
  let due = now();
  for (let turn = 0; due < until; turn++) {
    const late = now() - due;
    measure.generator_lateness_ms.add(Math.max(0, late));
    for (const { outage } of watched) outage.excuse(late);
    if (late > ASK_EVERY_MS) due += late;
    const { endpoint, outage } = watched[turn % watched.length] as (typeof watched)[number];
    outage.asked(now());
    void gateway.askAside(endpoint, topic, "outage").then(({ problem }) => {
      // Else the outage goes on.
      if (problem === null) enter(endpoint, outage.answered(now()), now());
    });
    due += ASK_EVERY_MS;
    await pause(Math.max(1, due - now()));
  }
  for (const { endpoint, outage } of watched) {
    const lasted = outage.ended(now());
    // What was asked last is on its way.
    if (lasted !== null && lasted >= WORTH_TELLING_MS) enter(endpoint, lasted, now());
  }
}
