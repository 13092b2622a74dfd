import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { reportedName } from "../../core/pathname.ts";
import type { Observer } from "../../receiver/observer.ts";
import { Run } from "../../receiver/run.ts";
import { PATIENT, publishedIn, runOf, SEQS, START, settledWithin } from "./draining.ts";
import { batch, OPENING, report } from "./reports.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("complete", () => {
  test("at once when everything has arrived", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS, START)] });
    const account = await settledWithin(0, run, PATIENT);
    expect(account).toMatchObject({ ending: "complete", expected: 10, delivered: 10, lost: 0 });
    // From the last publish to the last arrival, however soon after it the account was asked for.
    expect(account).toMatchObject({ backlog: 10, drain: 1_000 });
    expect(run.settled).toBe(true);
  });

  test("at once when nobody listens", async () => {
    const run = await runOf();
    expect(await settledWithin(0, run, PATIENT)).toMatchObject({ ending: "complete", expected: 0, paths: 0 });
  });

  test("as soon as the last event has arrived, with the backlog and the time it took", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS.slice(0, 7), START)] });
    expect(await settledWithin(250, run, PATIENT)).toBeNull();
    run.arrivals({ paths: [report(SEQS.slice(7), START + 250)] });
    expect(await settledWithin(50, run, PATIENT)).toMatchObject({
      ending: "complete",
      lost: 0,
      backlog: 10,
      drain: 1_250,
    });
  });

  test("not before each subscriber has reported on everything that was sent", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report([], START - 1_001, { path: "behind" })] });
    expect(await settledWithin(200, run, PATIENT)).toBeNull();
    run.arrivals({ paths: [report(SEQS, START + 200, { path: "behind" })] });
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({ ending: "complete", delivered: 10 });
  });

  test("when the publisher that was waited for is done", async () => {
    const run = await runOf("one", "two");
    run.arrivals({ paths: [report(SEQS.slice(0, 9), START)] });
    expect(await settledWithin(500, run, { ...PATIENT, publisher: "one" })).toBeNull();
    run.arrivals({ paths: [report(SEQS.slice(9), START + 500)] });
    expect(await settledWithin(100, run, { ...PATIENT, publisher: "two" })).toMatchObject({
      ending: "complete",
      backlog: 10,
      drain: 1_500,
    });
  });
});

describe("the last reading", () => {
  test.each([
    ["everything has arrived", SEQS, 0, 0, 75_000],
    ["everything has arrived, and the run lingers for 2 s", SEQS, 2_000, 2_000, 75_000],
    ["something is missing for 5 s", SEQS.slice(1), 0, 5_000, 70_000],
    ["the user stops the run", SEQS.slice(1), 0, 0, 15_000],
  ])("has the time that k6 still waits, when %s", async (_, seqs, linger, ms, given) => {
    const allowed: number[] = [];
    const finish = async (most: number) => void allowed.push(most);
    const observer: Observer = { paths: [], order: "none", account: () => ({}), causes: () => [], finish };
    const run = await publishedIn(new Run("nightly", OPENING, () => Date.now(), { observers: () => [observer] }));
    run.arrivals({ paths: [report(seqs, START)] });
    if (given === 15_000) run.interrupt();
    expect(await settledWithin(ms, run, { ...PATIENT, linger })).not.toBeNull();
    expect(allowed).toEqual([given]);
  });
});

describe("quiet", () => {
  test("when nothing has arrived for so long; what is missing then is lost", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS.slice(0, 9), START)] });
    expect(await settledWithin(4_900, run, PATIENT)).toBeNull();
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({
      ending: "quiet",
      lost: 1,
      backlog: 10,
      drain: 1_000,
      offenders: [{ lostSeqs: [9] }],
    });
  });

  test("counted from the last arrival, of whatever event", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS.slice(0, 8), START)] });
    await settledWithin(3_000, run, PATIENT);
    run.arrivals({ paths: [report([8], START + 3_000)] });
    expect(await settledWithin(4_900, run, PATIENT)).toBeNull();
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({ ending: "quiet", lost: 1, drain: 4_000 });
  });

  test("not put off by reports without news", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS.slice(0, 9), START)] });
    await settledWithin(3_000, run, PATIENT);
    run.arrivals({ paths: [report([3], START + 3_000)] });
    expect(await settledWithin(2_000, run, PATIENT)).toMatchObject({ ending: "quiet", duplicated: 1 });
  });

  test("not before a subscriber that is behind has caught up", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report([], START - 1_001)] });
    expect(await settledWithin(6_000, run, PATIENT)).toBeNull();
    run.arrivals({ paths: [report(SEQS.slice(1), START + 6_000)] });
    expect(await settledWithin(4_900, run, PATIENT)).toBeNull();
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({ ending: "quiet", lost: 1 });
  });
});

describe("timeout", () => {
  test("while events still arrive", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report([], START)] });
    void run.settle({ timeout: 1_000, quiet: 500 });
    for (const seq of SEQS.slice(0, 5)) {
      await vi.advanceTimersByTimeAsync(200);
      run.arrivals({ paths: [report([seq], Date.now())] });
    }
    expect(run.account()).toMatchObject({ ending: "timeout", backlog: 10, drain: 1_800 });
    expect(run.account().delivered).toBeLessThan(10);
  });

  test("while a subscriber stays behind without having died", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report([], START - 1_001)] });
    expect(await settledWithin(5_900, run, { timeout: 6_000, quiet: 100 })).toBeNull();
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({ ending: "timeout", silent: 0 });
  });

  test("of the first that asked counts for all", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report([], START)] });
    const first = run.settle({ timeout: 1_000, quiet: 60_000 });
    const second = run.settle({ timeout: 60_000, quiet: 60_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await first).toEqual(await second);
    expect(await first).toMatchObject({ ending: "timeout", drain: 0 });
  });
});

describe("interrupted", () => {
  test("ends the wait, and what is missing stays open", async () => {
    const run = await runOf("one", "two");
    run.arrivals({ paths: [report(SEQS.slice(0, 4), START)] });
    expect(await settledWithin(1_000, run, { ...PATIENT, publisher: "one" })).toBeNull();
    run.interrupt();
    const account = await settledWithin(100, run, PATIENT);
    expect(account).toMatchObject({ ending: "interrupted", expected: 10, delivered: 4, lost: 0, open: 6 });
    expect(account?.offenders).toMatchObject([{ lost: 0, lostSeqs: [], open: 6 }]);
  });

  test("before anybody waits, and after all has arrived", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS, START)] });
    run.interrupt();
    expect(await settledWithin(0, run, PATIENT)).toMatchObject({ ending: "complete", open: 0 });
  });

  test("an account that was closed before keeps its losses", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS.slice(0, 4), START)] });
    expect(await settledWithin(10_000, run, PATIENT)).toMatchObject({ ending: "quiet", lost: 6 });
    run.interrupt();
    expect(run.account()).toMatchObject({ ending: "quiet", lost: 6, open: 0 });
  });
});

describe("publisher missing", () => {
  test("when one that had joined is not done in time, whatever has arrived", async () => {
    const run = await runOf("one", "two");
    run.arrivals({ paths: [report(SEQS, START)] });
    const settling = { timeout: 2_000, quiet: 100, publisher: "one" };
    expect(await settledWithin(1_900, run, settling)).toBeNull();
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({
      ending: "publisher missing",
      delivered: 10,
      drain: 1_000,
    });
  });

  test("never because of one that was turned away", async () => {
    const run = await runOf("one");
    expect(run.join({ ...OPENING, seed: 99, publisher: "stranger" })).toBe("run nightly was opened with another SEED");
    expect(await settledWithin(0, run, { ...PATIENT, publisher: "one" })).toMatchObject({ ending: "complete" });
  });

  test("never because of subscribers, which are done when the publishers are", async () => {
    const run = await runOf("one");
    run.join(OPENING);
    expect(await settledWithin(0, run, { ...PATIENT, publisher: "one" })).toMatchObject({ ending: "complete" });
  });
});

describe("a subscriber that died", () => {
  test("is waited for until it counts as silent, and judged up to the sending of what it saw last", async () => {
    const run = await runOf();
    run.published(batch(10, 5, START - 2_500));
    run.arrivals({ paths: [report([10, 11, 12, 13], START - 500)] });
    run.published(batch(15, 5, START + 100));
    expect(await settledWithin(10_000, run, { timeout: 60_000, quiet: 100 })).toBeNull();
    expect(await settledWithin(100, run, PATIENT)).toMatchObject({
      ending: "quiet",
      silent: 1,
      expected: 15,
      lost: 11,
    });
  });

  test("is not waited for when its k6 says that its subscriptions are over; those of another are", async () => {
    const run = await runOf();
    run.published(batch(10, 5, START - 2_500));
    run.published(batch(15, 5, START + 100));
    const [gone, other] = ["20260101-120000-00000a", "20260101-120000-00000b"];
    const place = { connection: 1, opened: 1, selects: "all events" };
    const caughtUp = { path: reportedName(other, { ...place, connection: 2 }), through: START + 1_000 };
    const left = { path: reportedName(gone, place) };
    run.arrivals({ paths: [report([10, 11, 12, 13], START - 500, left), report([], START, caughtUp)] });
    const settling = { timeout: 60_000, quiet: 100, subscriber: gone };
    expect(await settledWithin(200, run, settling)).toMatchObject({ ending: "quiet", silent: 1, paths: 2 });
  });
});

describe("a run is draining", () => {
  test("from when its last publisher is done until the account is settled", async () => {
    const run = await runOf("one", "two");
    const states = [run.draining];
    const first = run.settle({ ...PATIENT, publisher: "one" });
    states.push(run.draining);
    const second = run.settle({ ...PATIENT, publisher: "two" });
    states.push(run.draining);
    run.arrivals({ paths: [report(SEQS, START)] });
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all([first, second]);
    states.push(run.draining);
    expect(states).toEqual([false, false, true, false]);
  });
});

describe("the settled account", () => {
  test("is told to nobody who comes when it is settled, publisher or subscriber", async () => {
    const run = await runOf("one");
    run.arrivals({ paths: [report(SEQS, START, { canaries: 1 })] });
    const settled = await settledWithin(0, run, { ...PATIENT, publisher: "one" });
    expect(settled).toMatchObject({ ending: "complete", publishers: 1 });
    const refusal = "run nightly is settled; take another RUN_ID";
    expect(run.join({ ...OPENING, publisher: "two" })).toBe(refusal);
    expect(run.join(OPENING)).toBe(refusal);
    expect(run.account()).toEqual(settled);
  });

  test("calls nothing late that came in time and is told afterwards", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS, START)] });
    const settled = await settledWithin(0, run, PATIENT);
    run.arrivals({ paths: [report([3, 4], START, { path: "new", arrivedAt: [START, START + 1] })] });
    expect(run.account()).toEqual({ ...settled, late: 1, unjudged: 1 });
  });

  test("changes no more, but counts whatever comes too late, repetitions too", async () => {
    const run = await runOf();
    run.arrivals({ paths: [report(SEQS.slice(0, 9), START)] });
    const settled = await settledWithin(5_000, run, PATIENT);
    expect(settled).toMatchObject({ ending: "quiet", late: 0 });
    run.arrivals({ paths: [report([9, 9, 0, 25], START + 6_000), report([1, 2], START + 6_000, { path: "new" })] });
    run.published(batch(10, 10, START + 6_000));
    expect(run.account()).toEqual({ ...settled, late: 6 });
    expect(await settledWithin(0, run, PATIENT)).toEqual({ ...settled, late: 6 });
  });
});
