import { expect, test } from "vitest";
import type { Opening } from "../../core/report.ts";
import { differenceOf } from "../../receiver/opening.ts";
import { ENDPOINTS } from "../../systems/ethhook/wire.ts";
import { OPENING } from "./reports.ts";

const WEBHOOKS: Opening = { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0 } };
const STORAGE: Opening = { seed: 1, variants: [], storage: { hostile: false } };

test.each<[string, Opening, Opening]>([
  ["SEED", OPENING, { ...OPENING, seed: 2 }],
  ["choice of chains", OPENING, { ...OPENING, variants: OPENING.variants.slice(0, 40) }],
  ["kind of test", WEBHOOKS, STORAGE],
  ["kind of test", { seed: 1, variants: [] }, WEBHOOKS],
  ["ENDPOINTS", WEBHOOKS, { ...WEBHOOKS, webhooks: { endpoints: ENDPOINTS.slice(1), unmatchedShare: 0 } }],
  ["UNMATCHED_SHARE", WEBHOOKS, { ...WEBHOOKS, webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0.1 } }],
  ["choice of hostile messages", STORAGE, { ...STORAGE, storage: { hostile: true } }],
])("two that differ in %s are told so", (name, one, other) => {
  expect(differenceOf(one, other)).toBe(name);
  expect(differenceOf(other, one)).toBe(name);
});

test("publishers and subscribers of one workload differ in nothing", () => {
  expect(differenceOf({ ...WEBHOOKS, publisher: "one" }, { ...WEBHOOKS, publisher: "two" })).toBeNull();
  expect(differenceOf(OPENING, { ...OPENING, publisher: "one" })).toBeNull();
});
