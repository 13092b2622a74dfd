/** The profiles of EthHook's publisher, one row each. */
import { at, doublings } from "../../core/profiles.ts";

/** Events per second. */
export const redis = {
  smoke: at(500, { events: 1_000 }),
  load: at(1_000, { events: 10_000 }),
  stress: at(5_000, { events: 100_000 }),
  spike: at(10_000, { events: 10_000 }),
  soak: at(1_000, { events: 300_000 }),
  breakpoint: doublings(1_000, 8),
};
