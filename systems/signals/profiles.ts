/** The profiles of the signal webhooks' test, one row each. */
import { doublings, jump } from "../../core/profiles.ts";
import { hold, ramp } from "../../core/shape.ts";

/** Signals per second. */
export const webhook = {
  smoke: [hold(8, "30s")],
  load: [hold(8, "5m")],
  stress: [hold(8, "1m"), ramp(100, "2m"), hold(100, "2m")],
  spike: [hold(8, "30s"), jump(100), hold(100, "1s"), jump(8), hold(8, "30s")],
  soak: [hold(8, "30m")],
  breakpoint: doublings(8, 8),
};
