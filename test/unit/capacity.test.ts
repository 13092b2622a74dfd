import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capacity, type InstanceCapacity, MEASURED, PLANNED_SHARE, renderCapacity } from "../../bench/capacity.ts";
import { root } from "../deployment.ts";

const MILLION = { eventsPerSecond: 1_000_000, sockets: 1_000_000, deliveriesPerSecond: 1_000_000 };

/** One instance of everything does exactly a thousand once it is planned. */
const ROUND: InstanceCapacity = {
  natsPerSecond: 1_000 / PLANNED_SHARE,
  redisPerSecond: 1_000 / PLANNED_SHARE,
  natsBytes: 1_000,
  redisBytes: 1_000,
  sockets: 1_000,
  socketsMegabytes: 1_024,
  deliveriesPerSecond: 1_000 / PLANNED_SHARE,
  webhooksPerSecond: 1_000 / PLANNED_SHARE,
  reportedPerSecond: 1_000 / PLANNED_SHARE,
  subscriptionKilobytes: 1,
};

test.each([
  [1_000, 1_000, 1_000, [1, 1, 1, 1, 1]],
  [1_001, 1_000, 1_000, [2, 2, 1, 1, 1]],
  [1_000, 5_000, 1_000, [1, 1, 5, 1, 1]],
  // More deliveries than its sockets would bring ask for more subscribers, too.
  [1_000, 1_000, 3_000, [1, 1, 3, 3, 3]],
])(
  "%d events/s, %d sockets and %d deliveries/s need %j instances",
  (eventsPerSecond, sockets, deliveriesPerSecond, instances) => {
    const needs = capacity({ eventsPerSecond, sockets, deliveriesPerSecond }, ROUND);
    expect(needs.map((need) => need.instances)).toEqual(instances);
  },
);

test("memory and network follow from the goal", () => {
  const [nats, , subscribers, , reports] = capacity({ ...MILLION, eventsPerSecond: 125_000 }, ROUND);
  expect(nats?.total).toBe("1.0 Gbit/s of events");
  expect(subscribers?.total).toBe("1,000 GB of memory");
  expect(reports?.total).toBe("1.0 GB of memory");
});

test("docs/distributed.md shows what is computed from what was measured", () => {
  const page = readFileSync(join(root, "docs/distributed.md"), "utf8");
  expect(page).toContain(renderCapacity(capacity(MILLION)));
  for (const figure of Object.values(MEASURED)) expect(page).toContain(figure.toLocaleString("en"));
});
