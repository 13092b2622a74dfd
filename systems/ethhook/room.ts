/** What EthHook says of itself to the suite. */
import type { Room } from "../../core/room.ts";
import { nextSteps } from "./nextsteps.ts";
import { renderWebhooks } from "./report.ts";

export const ethhook = {
  metrics: {},
  nextSteps,
  tellsOfAccount: renderWebhooks,
} as const satisfies Room;
