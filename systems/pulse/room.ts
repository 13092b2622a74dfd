/** What the gateway says of itself to the suite. */
import type { Room } from "../../core/room.ts";
import { gateway } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";

export const pulse = {
  metrics: { gateway },
  nextSteps,
} as const satisfies Room;
