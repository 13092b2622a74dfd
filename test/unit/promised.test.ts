/** The order that a run holds its far ends to is the one that they promise. */
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { variantIndex } from "../../core/event.ts";
import { describeOrder, type PromisedOrder } from "../../core/order.ts";
import type { Opening } from "../../core/report.ts";
import { leastOf } from "../../receiver/promised.ts";
import { Run } from "../../receiver/run.ts";
import { account, closeReceiver, hook, identity, opened, post, published, RUN, receiver, VARIANTS } from "./ownrun.ts";
import { batch, report } from "./reports.ts";

const DEVICES = ["a", "b", "c"];
const OPENING = { seed: 7, variants: DEVICES.map((device) => ({ device: [device] })) };
const PUBLISHERS = 4;

/** The device and the publisher of an event; events are sent by the publishers in turn. */
const deviceOf = (seq: number) => variantIndex(OPENING.seed, seq, DEVICES.length);
const publisherOf = (seq: number) => seq % PUBLISHERS;

/** A run whose events were sent 10 ms apart, each acknowledged after 1 ms, and arrived in an order. */
function runOf(order: Opening["order"], ...arrivals: readonly (readonly number[])[]) {
  const run = new Run("nightly", { ...OPENING, order }, () => 90_000);
  const count = Math.max(...arrivals.flat()) + 1;
  for (let seq = 0; seq < count; seq++)
    run.published(batch(seq, 1, 1_000 + seq * 10, { publisher: publisherOf(seq), sentThrough: 1_001 + seq * 10 }));
  const paths = arrivals.map((seqs, place) => {
    const arrivedAt = seqs.map((_, at) => 60_000 + at);
    const latencies = seqs.map((seq, at) => 60_000 + at - (1_000 + seq * 10));
    return report(seqs, 80_000, {
      path: `p${place}`,
      filter: {},
      publishers: seqs.map(publisherOf),
      arrivedAt,
      latencies,
    });
  });
  // As several processes report them.
  for (const path of paths) run.arrivals({ paths: [path] });
  return run.account();
}

/** Those that came after a later one of the same group. */
function overtaken(seqs: readonly number[], groupOf: (seq: number) => number): number {
  const highest = new Map<number, number>();
  return seqs.filter((seq) => {
    const before = highest.get(groupOf(seq)) ?? -1;
    highest.set(groupOf(seq), Math.max(before, seq));
    return seq < before;
  }).length;
}

describe("a subscription is held to what it promises", () => {
  test.each<[Opening["order"], (seq: number) => number, PromisedOrder, string]>([
    [undefined, () => 0, "all", "among all events"],
    ["none", () => 0, "none", "no order is promised"],
    ["per publisher", publisherOf, "per publisher", "within each of 4 publishers"],
    [{ per: "device" }, deviceOf, { per: "device" }, "within each device"],
  ])("%j, exactly, whatever the order of arrival", (promise, groupOf, held, words) => {
    const places = fc.array(fc.nat(1_000), { minLength: 8, maxLength: 40 });
    fc.assert(
      fc.property(places, places, (one, other) => {
        const arrivals = [one, other].map((drawn) =>
          [...drawn.keys()].sort((first, second) => (drawn[first] as number) - (drawn[second] as number)),
        );
        const settled = runOf(promise, ...arrivals);
        expect(settled.reordered).toBe(arrivals.reduce((sum, seqs) => sum + overtaken(seqs, groupOf), 0));
        expect([settled.order, settled.ordered, describeOrder(settled)]).toEqual([held, held !== "none", words]);
        // What nobody promised is no path's fault.
        const broken = settled.offenders.filter(({ lost }) => lost === 0);
        if (held === "none") expect(broken).toEqual([]);
      }),
    );
  });

  test("and so is what an observer elsewhere reports", async () => {
    for (const [order, seqs, reordered] of [
      // 0 and 1 are of different subjects, 0 and 2 of the same.
      [{ per: "subject" }, [1, 0], 0],
      [{ per: "subject" }, [2, 0], 1],
      ["per publisher", [1, 0], 1],
    ] as const) {
      await opened("reported", { all: {} }, null, order);
      await published(3);
      await post(`/runs/${RUN}/observed`, { arrivals: seqs.map((seq) => ({ text: identity(seq) })) });
      expect(await account()).toMatchObject({ reordered, order });
      await receiver?.close();
    }
  });
  afterEach(closeReceiver);

  test("and a far end of another kind", async () => {
    expect(VARIANTS).toHaveLength(2);
    await opened("request", { all: {} }, null, "none");
    await published(2);
    for (const seq of [1, 0]) await hook("all", identity(seq));
    expect(await account()).toMatchObject({ reordered: 1, order: "none", ordered: false, offenders: [] });
  });
});

test.each<[readonly PromisedOrder[], PromisedOrder]>([
  [["all"], "all"],
  [["all", "per publisher"], "per publisher"],
  [["all", { per: "x" }, "none"], "none"],
])("of %j is held: %j", (orders, held) => expect(leastOf(orders)).toEqual(held));
