/** The message ingestor's entry in the list of systems. */
import type { Room } from "../../core/room.ts";
import { ingest } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";
import * as objectives from "./objectives.ts";
import * as profiles from "./profiles.ts";
import { renderStatuses, renderStorage } from "./report.ts";
import * as variables from "./variables.ts";

export const ingestor = {
  tests: {
    ingest: {
      variables: variables.ingest,
      prefixes: ["INGEST_"],
      profiles: profiles.ingest,
      load: "publishes",
      plan: profiles.ingestPlan,
      objectives: objectives.ingest,
      settled: objectives.settledIngest,
    },
  },
  metrics: { ingest },
  nextSteps,
  tells: renderStatuses,
  tellsOfAccount: renderStorage,
} as const satisfies Room;
