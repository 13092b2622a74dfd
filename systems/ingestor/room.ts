/** What the message ingestor says of itself to the suite. */
import type { Room } from "../../core/room.ts";
import { ingest } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";
import { renderStatuses, renderStorage } from "./report.ts";

export const ingestor = {
  metrics: { ingest },
  nextSteps,
  tells: renderStatuses,
  tellsOfAccount: renderStorage,
} as const satisfies Room;
