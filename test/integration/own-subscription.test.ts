/** A subscription of one's own: what comes over it is compared, and it is judged up to where the other side ended it. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CANARY_PUBLISHER, findEventId, readEventId } from "../../core/trace.ts";
import { type Shop, type ShopName, type Spoiling, shopBehind, shopFolder } from "./shop.ts";
import { recordIn, throughlineWith } from "./throughline.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await shopFolder());
});
afterAll(() => remove?.());

let runs = 0;

async function run(shop: Shop, ...flags: string[]) {
  return runOf("live", shop, ...flags);
}

async function runOf(name: ShopName, { addresses }: Shop, ...flags: string[]) {
  const id = `run-${++runs}`;
  const environment = Object.fromEntries(
    Object.entries(addresses).map(([key, value]) => [`THROUGHLINE_${key}`, value]),
  );
  const told = ["run", name, "--run-id", id, "--out", "results", "--set", "DRAIN_QUIET=2s", ...flags];
  const { stdout, stderr } = await throughlineWith(environment, folder, ...told);
  const record = await recordIn(join(folder, "results"), id);
  const rows = record.tests.flatMap(({ summary }) => summary?.rows ?? []);
  const missed = rows.filter(({ result }) => result === "missed").map(({ metric }) => metric);
  return { ...record, missed, text: stdout + stderr };
}

test.each([
  ["left as they are", (order: string) => order, 0],
  [
    "changed, one kind of them",
    (order: string) => order.replace(/"kind":"b","amount":\d+/, '"kind":"b","amount":-1'),
    40,
  ],
] as const)("orders that are %s", async (_, spoil, least) => {
  const { account, missed, text } = await run(await shopBehind({}, spoil), "--rate", "40", "--duration", "4s");
  expect(account, text).toMatchObject({ acknowledged: 160, lost: 0, duplicated: 0 });
  expect(account?.damaged ?? 0, text).toBeGreaterThanOrEqual(least);
  expect(missed.includes("account_damaged"), text).toBe(least > 0);
  expect(missed.includes("ws_events_damaged"), text).toBe(least > 0);
  if (least > 0) expect(account?.findings.join(" ")).toContain('"amount":-1');
});

test("what the shop kept to itself before it ended a connection is lost, and not unjudged", async () => {
  const [deaf, ends] = [2_000, 4_000];
  const close = { code: 1001, reason: "going away", after: () => ends };
  const shop = await shopBehind({ close }, (order, age) => (age > deaf ? null : order));
  const { account, missed, verdict, text } = await run(shop, "--rate", "40", "--duration", "10s");
  expect(verdict, text).toBe("FAIL");
  expect(account?.lost ?? 0, text).toBeGreaterThan(100);
  expect(missed).toEqual(expect.arrayContaining(["account_lost", "ws_sessions_lost"]));
});

/**
 * On the path of all orders, holds each fifth back until one of another kind, or of the same, has overtaken it.
 *
 * @returns it, and how many orders that overtook.
 */
function swapping(wanted: "another kind" | "the same kind"): {
  readonly spoil: Spoiling;
  readonly swaps: () => number;
} {
  let [count, swaps] = [0, 0];
  let held: string | null = null;
  const kindOf = (order: string) => (JSON.parse(order) as { kind: string }).kind;
  const spoil: Spoiling = (order, _, path) => {
    const id = findEventId(order);
    if (path !== "all" || id === null || readEventId(id)?.publisher === CANARY_PUBLISHER) return order;
    count++;
    const before = held;
    // The last ones would be held for ever.
    if (before === null) {
      if (count % 5 !== 0 || count > 80) return order;
      held = order;
      return null;
    }
    const isSame = kindOf(before) === kindOf(order);
    if (isSame !== (wanted === "the same kind")) {
      if (!isSame) return order;
      held = null;
      return [before, order];
    }
    held = null;
    swaps++;
    return [order, before];
  };
  return { spoil, swaps: () => swaps };
}

// One publisher sends one order after the other, so that each that is overtaken is certainly so.
test.each([
  ["by-kind", "another kind", ["--set", "WORKERS=1"], "0 reordered (within each kind)", false],
  ["by-kind", "the same kind", ["--set", "WORKERS=1"], "reordered (within each kind)", true],
  ["by-publisher", "another kind", [], "0 reordered (within each of 10 publishers)", false],
  ["unordered", "another kind", ["--set", "WORKERS=1"], "reordered (no order is promised)", false],
] as const)("%s, orders that are overtaken by one of %s", async (name, wanted, flags, words, isFault) => {
  const { spoil, swaps } = swapping(wanted);
  const shop = await shopBehind({}, spoil);
  const { account, missed, text } = await runOf(name, shop, "--rate", "40", "--duration", "3s", ...flags);
  expect(swaps()).toBeGreaterThan(2);
  // With one worker a busy machine does not send all that is due.
  expect(account, text).toMatchObject({ refused: 0, unknown: 0, lost: 0, duplicated: 0 });
  expect(text).toContain(words);
  expect(account?.reordered, text).toBe(isFault || name === "unordered" ? swaps() : 0);
  expect(missed.includes("account_reordered"), text).toBe(isFault);
  // The line of a path that broke the rule.
  expect(/^ {2}reordered {2}all/m.test(text), text).toBe(isFault);
});
