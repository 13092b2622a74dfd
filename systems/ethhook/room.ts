/** EthHook's entry in the list of systems. */
import type { Room } from "../../core/room.ts";
import { nextSteps } from "./nextsteps.ts";
import * as objectives from "./objectives.ts";
import * as profiles from "./profiles.ts";
import { renderWebhooks } from "./report.ts";
import * as variables from "./variables.ts";

export const ethhook = {
  tests: {
    redis: {
      variables: variables.redis,
      prefixes: ["REDIS_"],
      profiles: profiles.redis,
      load: "publishes",
      objectives: objectives.redis,
      settled: objectives.settledRedis,
    },
  },
  metrics: {},
  nextSteps,
  tellsOfAccount: renderWebhooks,
} as const satisfies Room;
