/** A subscription of one's own: what comes over it is compared, and it is judged up to where the other side ended it. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Shop, shopBehind, shopFolder } from "./shop.ts";
import { recordIn, throughlineWith } from "./throughline.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await shopFolder());
});
afterAll(() => remove?.());

let runs = 0;

async function run({ addresses }: Shop, ...flags: string[]) {
  const id = `run-${++runs}`;
  const environment = Object.fromEntries(
    Object.entries(addresses).map(([key, value]) => [`THROUGHLINE_${key}`, value]),
  );
  const told = ["run", "live", "--run-id", id, "--out", "results", "--set", "DRAIN_QUIET=2s", ...flags];
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
