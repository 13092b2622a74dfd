/** A toy system: toys are posted to a workshop, which sends each on to the receiver. What adding a system takes. */
import { count, latency, perEvent } from "../../core/metric.ts";
import { alive, published } from "../../core/objectives.ts";
import type { Room } from "../../core/room.ts";
import { hold } from "../../core/shape.ts";
import { slo } from "../../core/slo.ts";
import { address, integer } from "../../core/variable.ts";
import { accounted, common, publishing, scenario } from "../../core/variables.ts";

const profiles = { smoke: [hold(50, "3s")], christmas: [hold(100, "5m")] };

export const toy = {
  tests: {
    toy: {
      variables: {
        SCENARIO: scenario(profiles),
        ...common,
        ...accounted,
        ...publishing,
        TOYS_URL: address("http", "https")("the workshop", "http://localhost:7000"),
        TOYS_ROOM: integer(1, 1_000)("toys that the shelf must have room for", "200"),
        TOYS_PAINT: integer(0, 9)("layers of paint", "1"),
      },
      prefixes: ["TOYS_"],
      profiles,
      load: "publishes",
      objectives: () => [slo("toys_unpainted").count.is(0), slo("toys_painting_ms").p95.below(5_000), ...published],
      settled: () => [...alive, slo("account_damaged").count.is(0)],
    },
  },
  metrics: {
    toys: {
      toys_unpainted: perEvent(count("toys that came back without their paint")),
      toys_painting_ms: latency("how long the workshop painted a toy"),
    },
  },
  nextSteps: [[/^toys_unpainted$/, () => "look into the paint pot"]],
  tells: (metrics) => (metrics["toys_painting_ms"] === undefined ? [] : ["  toys       painted"]),
} as const satisfies Room;
