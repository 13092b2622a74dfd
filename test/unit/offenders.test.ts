import { describe, expect, test } from "vitest";
import type { Offender } from "../../core/account.ts";
import { Run } from "../../receiver/run.ts";
import { batch, ETHEREUM, ON_ETHEREUM, ON_SOLANA, OPENING, report, SOLANA } from "./reports.ts";

describe("offenders", () => {
  const offendersOf = (...reports: ReturnType<typeof report>[]): readonly Offender[] => {
    const run = new Run("nightly", OPENING, () => 9_000);
    run.published(batch(0, 20, 1_000));
    run.published(batch(20, 20, 2_000));
    run.arrivals({ paths: reports });
    return run.account().offenders;
  };
  const all = Array.from({ length: 40 }, (_, seq) => seq);

  test("are named with their evidence", () => {
    const [offender] = offendersOf(
      report(all, 9_000, { path: "fine" }),
      report(all.slice(0, 38), 9_000, { path: "short" }),
    );
    expect(offender).toMatchObject({
      path: "short",
      filter: report([], 0).filter,
      expected: 40,
      lost: 2,
      lostSeqs: [38, 39],
      firstLostAt: 2_000,
    });
  });

  test.each<[string, number[], Partial<Offender>]>([
    ["a duplicate", [...all, 5], { duplicated: 1, lost: 0, firstLostAt: null }],
    ["an inversion", [...all.slice(0, 10), 11, 10, ...all.slice(12)], { reordered: 1, firstLostAt: null }],
    ["a loss", all.slice(1), { lost: 1, lostSeqs: [0], firstLostAt: 1_000, latestSend: 8_999 }],
  ])("are named for %s alone", (_, seqs, offence) => {
    expect(offendersOf(report(seqs, 9_000))).toEqual([expect.objectContaining({ path: "a", ...offence })]);
  });

  test("are named for a misrouted event alone", () => {
    const due = ON_ETHEREUM.filter((seq) => seq < 40);
    const offenders = offendersOf(report([ON_SOLANA[0] as number, ...due], 9_000, { filter: ETHEREUM }));
    expect(offenders).toEqual([expect.objectContaining({ misrouted: 1, lost: 0, duplicated: 0, reordered: 0 })]);
  });

  test("are the worst first, and all are counted", () => {
    const short = (path: string, lost: number) => report(all.slice(lost), 9_000, { path });
    const many = Array.from({ length: 12 }, (_, place) => short(`p${place}`, place + 1));
    const run = new Run("nightly", OPENING, () => 9_000);
    run.published(batch(0, 40, 1_000));
    run.arrivals({ paths: many });
    const { offenders, offending } = run.account();
    expect(offenders.map(({ path, lost }) => [path, lost])).toEqual(
      Array.from({ length: 10 }, (_, place) => [`p${11 - place}`, 12 - place]),
    );
    expect(offending).toBe(12);
  });

  test("say where what they lost arrived instead", () => {
    const run = new Run("nightly", OPENING, () => 9_000);
    run.published(batch(0, 40, 1_000));
    const due = ON_ETHEREUM.filter((seq) => seq < 40);
    const [gone] = due as [number];
    const solana = ON_SOLANA.filter((seq) => seq < 40);
    run.arrivals({
      paths: [
        report(due.slice(1), 9_000, { path: "acme", filter: ETHEREUM }),
        report([...solana, gone], 9_000, { path: "globex", filter: SOLANA }),
      ],
    });
    const account = run.account();
    expect(account).toMatchObject({ lost: 1, misrouted: 1 });
    expect(account.detours).toMatchObject({
      count: 1,
      repeated: 0,
      first: [{ seq: gone, due: "acme", arrived: "globex" }],
    });
    expect(account.offenders.find(({ path }) => path === "globex")?.misroutedSeqs).toEqual([gone]);
  });

  test("are not excused by a path that gets copies of all", () => {
    const run = new Run("nightly", OPENING, () => 9_000);
    run.published(batch(0, 40, 1_000));
    const due = ON_ETHEREUM.filter((seq) => seq < 40);
    run.arrivals({
      paths: [
        report(due.slice(1), 9_000, { path: "acme", filter: ETHEREUM }),
        report(all, 9_000, { path: "globex", filter: SOLANA }),
      ],
    });
    expect(run.account()).toMatchObject({ lost: 1, misrouted: due.length, detours: { count: 0, first: [] } });
  });

  test("lost elsewhere only what did not arrive anywhere", () => {
    const run = new Run("nightly", OPENING, () => 9_000);
    run.published(batch(0, 40, 1_000));
    const due = ON_ETHEREUM.filter((seq) => seq < 40);
    run.arrivals({ paths: [report([...due.slice(1), ON_SOLANA[0] as number], 9_000, { filter: ETHEREUM })] });
    expect(run.account()).toMatchObject({ lost: 1, misrouted: 1, detours: { count: 0, first: [] } });
  });

  test("are nobody when nothing is wrong, and ten when everything is", () => {
    expect(offendersOf(report(all, 9_000))).toEqual([]);
    expect(
      offendersOf(...Array.from({ length: 15 }, (_, place) => report([], 9_000, { path: `p${place}` }))),
    ).toHaveLength(10);
  });
});
