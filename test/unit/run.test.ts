import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { judgedShare } from "../../core/judgedshare.ts";
import { Publication } from "../../core/publication.ts";
import { Deliveries } from "../../receiver/deliveries.ts";
import { Run } from "../../receiver/run.ts";
import { SubscriptionPath } from "../../receiver/subscription.ts";
import { streamOf } from "../../systems/pulse/events.ts";
import type { Filter } from "../../systems/pulse/filters.ts";
import { type Delivery, plantedStreams } from "./planted.ts";
import { batch, ETHEREUM, ON_ETHEREUM, ON_SOLANA, OPENING, report } from "./reports.ts";

const variantsOf = (chains: readonly string[]) => streamOf({ seed: 1, chains }).variants;
const runAt = (now: number) => new Run("nightly", OPENING, () => now);

describe("joining", () => {
  test.each([
    ["the same workload", OPENING, null],
    ["another seed", { ...OPENING, seed: 2 }, "SEED"],
    ["another chain", { ...OPENING, variants: variantsOf(["ethereum", "base"]) }, "choice of chains"],
    ["fewer chains", { ...OPENING, variants: variantsOf(["ethereum"]) }, "choice of chains"],
    ["another promise of order", { ...OPENING, order: { per: "chains" } }, "order"],
    ["the chains in another order", { ...OPENING, variants: variantsOf(["solana", "ethereum"]) }, "choice of chains"],
  ])("with %s", (_, opening, difference) => {
    const refusal = difference === null ? null : `run nightly was opened with another ${difference}`;
    expect(runAt(0).join(opening)).toBe(refusal);
  });
});

describe("the account of a run that goes on", () => {
  test("is empty at first", () => {
    expect(runAt(0).account()).toEqual({
      version: 1,
      run: "nightly",
      ending: null,
      published: 0,
      acknowledged: 0,
      refused: 0,
      unknown: 0,
      unsent: 0,
      span: null,
      lastSendAt: null,
      publishers: 0,
      paths: 0,
      ready: 0,
      silent: 0,
      expected: 0,
      delivered: 0,
      lost: 0,
      open: 0,
      duplicated: 0,
      reordered: 0,
      ordered: true,
      order: "all",
      misrouted: 0,
      late: 0,
      unreported: 0,
      contradicted: 0,
      contested: 0,
      damaged: 0,
      foreign: 0,
      unheard: 0,
      unjudged: 0,
      backlog: 0,
      drain: 0,
      growth: { ms: 0, seconds: 0 },
      clocks: [],
      latency: { samples: 0, negative: 0, min: 0, mean: 0, p50: 0, p95: 0, p99: 0, p995: 0, max: 0 },
      lastArrivalAt: null,
      offenders: [],
      offending: 0,
      looks: null,
      detours: { count: 0, repeated: 0, first: [] },
      bursts: null,
      probed: 0,
      mistaken: [],
      standstill: null,
      ranOutAt: null,
      webhooks: null,
      storage: null,
      farEnd: null,
      causes: [],
      findings: [],
    });
  });

  test("sums up its paths", () => {
    const run = runAt(9_000);
    run.published(batch(0, 100, 1_000, { refused: [98], unknown: [99] }));
    const [one, two] = [ON_ETHEREUM[0] as number, ON_ETHEREUM[1] as number];
    run.arrivals({
      paths: [
        report([ON_SOLANA[0] as number, one, two, two], 9_000, { path: "e", filter: ETHEREUM }),
        report([1, 0, 99, 200], 9_000, { path: "all", canaries: 1 }),
      ],
    });
    const ethereum = ON_ETHEREUM.filter((seq) => seq < 98).length;
    expect(run.account()).toMatchObject({
      ending: null,
      published: 100,
      acknowledged: 98,
      refused: 1,
      unknown: 1,
      span: { from: 1_000, through: 1_000 },
      paths: 2,
      ready: 1,
      expected: ethereum + 98,
      delivered: 2 + 2,
      lost: ethereum - 2 + 96,
      duplicated: 1,
      reordered: 1,
      misrouted: 1,
      // The unknown one, on each path that selects it: it came on one of them.
      unjudged: ON_ETHEREUM.includes(99) ? 2 : 1,
      unreported: 1,
      late: 0,
      latency: { samples: 6 },
    });
    expect(run.settled).toBe(false);
  });

  test("counts an event that nobody reported once, however many paths saw it", () => {
    const run = runAt(0);
    run.published(batch(0, 2, 1_000));
    run.arrivals({ paths: [report([7, 8], 1, { path: "a" }), report([8, 9, 1], 1, { path: "b" })] });
    expect(run.account().unreported).toBe(3);
  });

  test("counts an event that was refused and arrived once, however many paths saw it, and no unknown one", () => {
    const run = runAt(0);
    run.published(batch(0, 5, 1_000, { refused: [1, 2, 3], unknown: [4] }));
    run.arrivals({ paths: [report([0, 1, 4], 1, { path: "a" }), report([1, 2, 2, 9], 1, { path: "b" })] });
    expect(run.account()).toMatchObject({ refused: 3, contradicted: 2, unreported: 1 });
  });

  test("takes the reports of one path together", () => {
    const run = runAt(0);
    run.published(batch(0, 3, 1_000));
    run.arrivals({ paths: [report([0], 500)] });
    run.arrivals({ paths: [report([0, 1], 1_000), report([2], 2_000)] });
    expect(run.account()).toMatchObject({ paths: 1, expected: 3, delivered: 3, duplicated: 1 });
  });

  test("counts the paths whose subscriber died", () => {
    let now = 0;
    const run = new Run("nightly", OPENING, () => now);
    run.arrivals({
      paths: [report([], 0, { path: "a" }), report([], 0, { path: "b", closed: true }), report([], 0, { path: "c" })],
    });
    now = 10_000;
    run.arrivals({ paths: [report([], 10_000, { path: "c" })] });
    expect(run.account().silent).toBe(0);
    now = 10_001;
    expect(run.account().silent).toBe(1);
  });
});

describe("what is not judged", () => {
  /** One event every 100 ms for 20 s. */
  const run = (...reports: ReturnType<typeof report>[]) => {
    const made = runAt(30_000);
    for (let seq = 0; seq < 200; seq++) made.published(batch(seq, 1, 1_000 + seq * 100));
    made.arrivals({ paths: reports });
    return made.account();
  };
  const from = (first: number, last: number, changes: Partial<ReturnType<typeof report>>) => {
    const seqs = Array.from({ length: last - first }, (_, place) => first + place);
    const arrivedAt = seqs.map((seq) => 1_005 + seq * 100);
    return report(seqs, changes.through ?? 0, { arrivedAt, latencies: seqs.map(() => 5), ...changes });
  };

  test("is what was published when all had left", () => {
    const account = run(
      from(0, 40, { through: 5_000, closed: true }),
      from(0, 40, { path: "b", through: 5_000, closed: true }),
    );
    expect(account).toMatchObject({ lost: 0, unheard: 159 });
    expect(judgedShare(account)).toBeLessThan(0.25);
  });

  test("is what was published while the gateway was away, and what it had not sent when it went is lost", () => {
    const before = from(0, 40, { path: "a", through: 7_050, closed: true, lost: true });
    const after = from(100, 200, { path: "b", from: 10_950, through: 30_000 });
    expect(run(before, after)).toMatchObject({ expected: 159, delivered: 139, lost: 20, unheard: 39 });
  });

  test("is next to nothing of subscribers that come and go, as long as they are there", () => {
    const sessions = [0, 1, 2, 3].map((place) => {
      const start = 1_000 + place * 5_000;
      const changes = { path: `s${place}`, from: start - 150, through: start + 4_950, closed: place < 3 };
      return from(place * 50, place * 50 + 50, changes);
    });
    const account = run(...sessions);
    expect(account).toMatchObject({ lost: 0, unheard: 0 });
    expect(judgedShare(account)).toBeGreaterThan(0.9);
  });
});

test("numbers that two publishers report, and arrivals that are none of the run's, are counted and told", () => {
  const run = runAt(9_000);
  run.published(batch(0, 5, 1_000, { instance: "k6-a" }));
  run.published(batch(3, 5, 2_000, { instance: "k6-b" }));
  run.arrivals({
    paths: [report([0, 1, 2, 3, 4], 9_000)],
    foreign: 7,
    damaged: 2,
    damages: [{ field: "chain", sent: "1", received: "2", count: 3 }],
  });
  const account = run.account();
  expect(account).toMatchObject({ published: 8, contested: 2, foreign: 7, damaged: 5 });
  expect(account.causes[0]).toBe(
    "event 3 was sent twice, by publisher 1 of k6-a at 00:00:01.000 and by publisher 1 of k6-b at 00:00:02.000: " +
      "two publishers share RUN_ID=nightly; give each run its own, or each process its --execution-segment",
  );
});

test("backlog and drain count from the last publish, however late the publisher says that it is done", async () => {
  vi.useFakeTimers({ now: 0 });
  try {
    const run = new Run("nightly", OPENING, () => Date.now());
    run.join({ ...OPENING, publisher: "k6" });
    for (let seq = 0; seq < 10; seq++) run.published(batch(seq, 1, seq * 100, { sentThrough: seq * 100 + 1 }));
    const seqs = Array.from({ length: 10 }, (_, seq) => seq);
    const arrivedAt = seqs.map((seq) => (seq < 6 ? seq * 100 + 5 : 1_500 + seq));
    await vi.advanceTimersByTimeAsync(4_000);
    run.arrivals({ paths: [report(seqs, 4_000, { from: -1_000, arrivedAt, latencies: arrivedAt.map(() => 5) })] });
    const settled = run.settle({ publisher: "k6", timeout: 10_000, quiet: 1_000 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await settled).toMatchObject({ ending: "complete", backlog: 4, drain: 1_509 - 901, lastArrivalAt: 1_509 });
  } finally {
    vi.useRealTimers();
  }
});

test("paths of one filter share an expectation, and are judged as if each had its own", () => {
  const KEYS = ["expected", "delivered", "lost", "duplicated", "reordered", "misrouted", "unjudged"] as const;
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(plantedStreams, shares, ({ workload, filter, batches, deliveries }, cuts) => {
      const run = new Run("nightly", streamOf(workload), () => 0);
      const publication = new Publication();
      for (const one of batches) {
        run.published({ ...one, refused: [...one.refused], unknown: [...one.unknown] });
        publication.record(one);
      }
      const other: Filter = { ...filter, chains: [workload.chains[0] as string], accounts: [] };
      const reports = [filter, filter, other].map((asked, place) => {
        const seen = deliveries.slice(0, Math.ceil((cuts[place] as number) * deliveries.length));
        return reportOf(`p${place}`, asked, seen, place === 1 ? 40 : 1_000);
      });
      run.arrivals({ paths: reports });
      const alone = reports.map((one) => {
        const path = new SubscriptionPath(one, streamOf(workload), 0);
        path.enter(one, new Deliveries(), 0);
        return path.settle(publication, ({ selected }) => publication.expected(selected), 0);
      });
      const account = run.account();
      for (const key of KEYS) expect(account[key]).toBe(alone.reduce((sum, one) => sum + one[key], 0));
    }),
  );
});

function reportOf(path: string, filter: Filter, seen: readonly Delivery[], through: number) {
  const publishers = seen.map(({ publisher }) => publisher);
  return report(
    seen.map(({ seq }) => seq),
    through,
    { path, filter, publishers, from: -1_000 },
  );
}
