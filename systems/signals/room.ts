/** What the signal webhooks say of themselves to the suite. */
import type { Room } from "../../core/room.ts";
import { afterLoad, contextOf } from "./load.ts";
import { signals as metrics } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";
import { renderSignals } from "./report.ts";

export const signals = {
  metrics: { signals: metrics },
  nextSteps,
  context: contextOf,
  afterLoad,
  tells: renderSignals,
} as const satisfies Room;
