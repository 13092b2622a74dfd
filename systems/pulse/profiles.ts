/** How much load the tests of the gateway make, and when: adding a profile is one row. */
import { doublings, jump, VISITORS } from "../../core/profiles.ts";
import { hold, ramp } from "../../core/shape.ts";

/** Visitors of its endpoints. */
export const http = VISITORS;

/** Clients that come and go: each connects, subscribes, listens for a moment and leaves. */
const churn = [hold(50, "2m")];

/** Subscribers. */
export const websocket = { ...VISITORS, churn };

/** Events per second. */
export const nats = {
  smoke: [hold(1_000, "1m")],
  load: [hold(5_000, "5m")],
  stress: [hold(1_000, "1m"), ramp(10_000, "5m"), hold(10_000, "5m")],
  spike: [hold(1_000, "1m"), jump(10_000), hold(10_000, "15s"), jump(1_000), hold(1_000, "1m")],
  soak: [hold(1_000, "30m")],
  breakpoint: doublings(1_000, 8),
};
