/** The signal webhooks' entry in the list of systems. */
import type { Room } from "../../core/room.ts";
import { afterLoad, contextOf } from "./load.ts";
import { signals as metrics } from "./metrics.ts";
import { nextSteps } from "./nextsteps.ts";
import * as objectives from "./objectives.ts";
import * as profiles from "./profiles.ts";
import { renderSignals } from "./report.ts";
import * as variables from "./variables.ts";

export const signals = {
  tests: {
    webhook: {
      variables: variables.webhook,
      prefixes: ["SIGNALS_", "WEBHOOK_"],
      profiles: profiles.webhook,
      load: "publishes",
      // The test itself reads the list of executed signals.
      comparesClocks: false,
      objectives: objectives.webhook,
      settled: () => [],
      context: contextOf,
      circumstances: [{ executedByCount: true }],
      afterLoad,
    },
  },
  metrics: { signals: metrics },
  nextSteps,
  // What the trials measure after the load.
  besideLoad: /^signal_(?!success_rate|latency_ms|failed|swallowed|unexecuted)/,
  tells: renderSignals,
} as const satisfies Room;
