import { expect, test } from "vitest";
import type { Opening } from "../../core/report.ts";
import { workloadOf } from "../../receiver/farends.ts";
import { differenceOf } from "../../receiver/opening.ts";
import { ENDPOINTS } from "../../systems/ethhook/endpoints.ts";
import { OPENING } from "./reports.ts";

const webhooks = (changes: object = {}) => {
  return { seed: 1, variants: [], webhooks: { endpoints: ENDPOINTS, unmatchedShare: 0, ...changes } };
};
const storage = (hostile = false) => ({ seed: 1, variants: [], storage: { hostile } });

test.each<[string, Opening, Opening]>([
  ["SEED", OPENING, { ...OPENING, seed: 2 }],
  ["choice of chains", OPENING, { ...OPENING, variants: OPENING.variants.slice(0, 40) }],
  ["kind of test", webhooks(), storage()],
  ["kind of test", { seed: 1, variants: [] }, webhooks()],
  ["ENDPOINTS", webhooks(), webhooks({ endpoints: ENDPOINTS.slice(1) })],
  ["UNMATCHED_SHARE", webhooks(), webhooks({ unmatchedShare: 0.1 })],
  ["choice of hostile messages", storage(), storage(true)],
])("two that differ in %s are told so", (name, one, other) => {
  expect(differenceOf(one, other, workloadOf)).toBe(name);
  expect(differenceOf(other, one, workloadOf)).toBe(name);
});

test("publishers and subscribers of one workload differ in nothing", () => {
  expect(differenceOf({ ...webhooks(), publisher: "one" }, { ...webhooks(), publisher: "two" }, workloadOf)).toBeNull();
  expect(differenceOf(OPENING, { ...OPENING, publisher: "one" }, workloadOf)).toBeNull();
});
