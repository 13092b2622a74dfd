/** Deliveries that come to another path than the one they are due on, as the account tells them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeDetours } from "../../core/detours.ts";
import { variantIndex } from "../../core/event.ts";
import { Run } from "../../receiver/run.ts";
import { batch, report } from "./reports.ts";

const KINDS = ["retail", "wholesale"];
const OPENING = { seed: 7, variants: KINDS.map((kind) => ({ kind: [kind] })) };
const kindOf = (seq: number) => KINDS[variantIndex(OPENING.seed, seq, KINDS.length)] as string;

const PATHS: Readonly<Record<string, object>> = {
  retail: { kind: ["retail"] },
  wholesale: { kind: ["wholesale"] },
  all: {},
};
const isDue = (path: string, seq: number) => path === "all" || path === kindOf(seq);

/** What becomes of a delivery: it comes so often, or to another path. */
type Fate = number | string;

/** The account of a run, and what is known of it by counting what was planted. */
function runWith(count: number, fateOf: (path: string, seq: number) => Fate) {
  const arrivals: Record<string, number[]> = { retail: [], wholesale: [], all: [] };
  for (let seq = 0; seq < count; seq++) {
    for (const path of Object.keys(PATHS).filter((one) => isDue(one, seq))) {
      const fate = fateOf(path, seq);
      if (typeof fate === "string") arrivals[fate]?.push(seq);
      else for (let copy = 0; copy < fate; copy++) arrivals[path]?.push(seq);
    }
  }
  const truth = { lost: 0, duplicated: 0, misrouted: 0 };
  for (const path of Object.keys(PATHS)) {
    for (let seq = 0; seq < count; seq++) {
      const came = arrivals[path]?.filter((one) => one === seq).length ?? 0;
      if (isDue(path, seq) && came === 0) truth.lost++;
      if (!isDue(path, seq) && came > 0) truth.misrouted++;
      truth.duplicated += Math.max(0, came - 1);
    }
  }
  const run = new Run("nightly", OPENING, () => 9_000);
  run.published(batch(0, count, 1_000));
  run.arrivals({
    paths: Object.entries(PATHS).map(([path, filter]) =>
      report(arrivals[path] ?? [], 9_000, { path, filter: filter as never }),
    ),
  });
  return { account: run.account(), truth };
}

test("what is sent to a path that selects a part is misrouted there, or comes twice, and is missing on its own", () => {
  const { account, truth } = runWith(1_000, (path, seq) => (path === "all" && seq % 100 === 97 ? "retail" : 1));
  expect(account).toMatchObject({ ...truth, lost: 10 });
  expect(truth.duplicated).toBeGreaterThan(0);
  expect(truth.misrouted).toBeGreaterThan(0);
  expect(account.detours).toMatchObject({ count: 10, repeated: truth.duplicated });
  const wrong = account.detours.first.filter(({ again }) => again !== true).map(({ seq }) => seq);
  expect(wrong.map(kindOf)).toEqual(wrong.map(() => "wholesale"));
  expect(describeDetours(account.detours)).toContain("came twice on retail, where one was due, and not on all");
});

test("a path all of whose events go to another explains both paths", () => {
  const { account } = runWith(200, (path) => (path === "wholesale" ? "all" : 1));
  expect(account).toMatchObject({ misrouted: 0, lost: account.duplicated });
  expect(account.detours).toMatchObject({ count: account.lost, repeated: account.duplicated });
});

test("losses and duplicates of their own explain nothing", () => {
  const { account, truth } = runWith(1_000, (path, seq) => {
    if (path === "all") return seq % 10 === 3 ? 0 : 1;
    return seq % 7 === 3 ? 2 : 1;
  });
  expect(truth.misrouted).toBe(0);
  expect(account).toMatchObject({ ...truth, detours: { count: 0, repeated: 0, first: [] } });
});

test("no arrival explains more than one loss, and no count is changed by it", () => {
  const fate = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Fate>(1) },
    { weight: 1, arbitrary: fc.constantFrom<Fate>(0, 2, 3) },
    { weight: 2, arbitrary: fc.constantFrom<Fate>("retail", "wholesale", "all") },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fate, fate), { minLength: 1, maxLength: 60 }), (fates) => {
      const { account, truth } = runWith(fates.length, (path, seq) => {
        const [own, ofAll] = fates[seq] as [Fate, Fate];
        return path === "all" ? ofAll : own;
      });
      expect(account).toMatchObject(truth);
      const { count, repeated } = account.detours;
      expect(count).toBeLessThanOrEqual(truth.lost);
      expect(repeated).toBeLessThanOrEqual(Math.min(count, truth.duplicated));
      expect(count - repeated).toBeLessThanOrEqual(truth.misrouted);
    }),
    { numRuns: 500 },
  );
});

test("where all that is wrong is one pair of paths, all of it is explained", () => {
  const pairs = fc.constantFrom(["all", "retail"], ["all", "wholesale"], ["retail", "all"], ["retail", "wholesale"]);
  fc.assert(
    fc.property(pairs, fc.uniqueArray(fc.nat(99), { minLength: 2, maxLength: 50 }), ([from, to], seqs) => {
      const { account, truth } = runWith(100, (path, seq) =>
        path === from && seqs.includes(seq) ? (to as string) : 1,
      );
      expect(account).toMatchObject(truth);
      expect(account.detours).toMatchObject({ count: truth.lost, repeated: truth.duplicated });
    }),
  );
});
