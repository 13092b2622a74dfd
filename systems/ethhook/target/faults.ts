import { always, type Faults, type FaultTable, milliseconds, name, number, oneIn } from "../../../target/faults.ts";

/** The faults of the EthHook pipeline. A delivery is one event on its way to one endpoint. */
export const ETHHOOK_FAULTS = {
  drop: oneIn("every N-th delivery is not made"),
  delay: milliseconds("every delivery is made MS milliseconds late"),
  duplicate: oneIn("every N-th delivery is made twice"),
  misroute: oneIn("every N-th delivery is also made to another endpoint"),
  "wrong-signature": oneIn("every N-th delivery is signed with a wrong secret, once"),
  corrupt: oneIn("every N-th delivery has wrong data, rightly signed"),
  "retry-storm": always("what failed is tried again at once, and without end"),
  "retry-after": milliseconds("what failed is tried again after MS milliseconds"),
  "same-attempt": always("every attempt says that it is the first"),
  "late-body": milliseconds("the bodies of webhooks end MS milliseconds after their headers"),
  gzip: always("bodies are compressed, and nothing says so"),
  "keep-poison": always("a stream entry that cannot be read stays pending"),
  "give-up-on-404": always("an answer of 404 is taken for final"),
  breaker: number("N failures in a row of an endpoint discard all its deliveries of the next second"),
  "never-match": name("the endpoint of that name is never matched"),
  poison: always("a stream entry that cannot be read takes with it all that were read together with it"),
  "lose-jobs": always("deliveries that a worker has taken are kept nowhere, so that its crash loses them"),
  forget: always("stream entries are acknowledged before they are queued, so that a crash loses them"),
} as const satisfies FaultTable;

export type EthhookFaults = Faults<typeof ETHHOOK_FAULTS>;
