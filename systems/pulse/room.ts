/** What the gateway says of itself to the suite. */
import type { Room } from "../../core/room.ts";
import { gatewayOf } from "./gateway.ts";
import { gateway } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";

export const pulse = {
  metrics: { gateway },
  nextSteps,
  context: gatewayOf,
} as const satisfies Room;
