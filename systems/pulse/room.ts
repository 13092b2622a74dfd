/** What the gateway says of itself to the suite. */
import { visitorPlan } from "../../core/plan.ts";
import type { Room } from "../../core/room.ts";
import { gatewayOf } from "./gateway.ts";
import { gateway } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";
import * as objectives from "./objectives.ts";
import * as profiles from "./profiles.ts";
import * as variables from "./variables.ts";

export const pulse = {
  tests: {
    http: {
      variables: variables.http,
      prefixes: ["HTTP_"],
      profiles: profiles.http,
      load: "visits",
      objectives: objectives.http,
      settled: () => [],
      context: gatewayOf,
      circumstances: [{ gateway: { dependencyAway: true } }],
    },
    websocket: {
      variables: variables.websocket,
      prefixes: ["WS_"],
      profiles: profiles.websocket,
      load: "stays",
      plan: (profile, standard, overrides) => visitorPlan(standard, overrides, profile !== "churn"),
      objectives: objectives.websocket,
      settled: objectives.settledWebsocket,
    },
    nats: {
      variables: variables.nats,
      prefixes: ["NATS_"],
      profiles: profiles.nats,
      load: "publishes",
      objectives: objectives.nats,
      settled: objectives.settledNats,
      circumstances: [{ bursts: 1 }],
    },
  },
  metrics: { gateway },
  nextSteps,
} as const satisfies Room;
