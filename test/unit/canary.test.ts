/** How a run waits for its canaries, over a clock that every pause moves on, and a receiver that always answers the same. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { awaitCanaries, type Canaries } from "../../k6/support/canary.ts";
import type { Run } from "../../k6/support/run.ts";

interface Paths {
  readonly paths: number;
  readonly ready: number;
  readonly publishers: number;
}

const world = vi.hoisted(() => ({ at: 0, account: null as unknown as Paths | (() => Paths), quotes: [] as string[] }));

vi.mock("k6", () => ({
  check: (_: unknown, checks: Record<string, () => boolean>) => world.quotes.push(...Object.keys(checks)),
  sleep: (seconds: number) => {
    world.at += seconds * 1000;
  },
}));
vi.mock("k6/execution", () => ({
  default: {
    test: {
      abort: (why: string) => {
        throw new Error(why);
      },
    },
  },
}));
vi.mock("../../k6/support/clock.ts", () => ({ now: () => world.at }));
vi.mock("../../k6/support/run.ts", () => ({
  fetchAccount: () => (typeof world.account === "function" ? world.account() : world.account),
}));

const RUN: Run = { id: "r", number: 1, instance: "i", clock: null };

beforeEach(() => {
  world.at = 0;
});

/** Waits 30 s for 100 paths and one publisher, unless told otherwise. */
function wait(account: Paths, wanted: Canaries["wanted"] = { paths: 100, publishers: 1 }) {
  world.account = account;
  const send = () => undefined;
  return awaitCanaries("http://receiver", RUN, 30, { wanted, seqs: [0, 1], send, explain: () => ["start them"] });
}

describe("the load starts", () => {
  test("as soon as every path that was asked for has had a canary", async () => {
    await wait({ paths: 100, ready: 100, publishers: 1 });
    expect(world.at).toBe(0);
  });

  test.each([
    ["all that were asked for, of a pipeline that keeps up", 0, 120, [4, 7, 4, 7]],
    ["as many as go through in ten seconds", 4_000, 150, [4, 7, 4, 7]],
  ])("with the pipeline warmed up by %s, none of which was needed", async (_, takes, warming, first) => {
    const sent: number[] = [];
    let through = 0;
    world.account = { paths: 1, ready: 1, publishers: 1 };
    const canaries = await awaitCanaries("http://receiver", RUN, 30, {
      ...{ wanted: { publishers: 1 }, seqs: [4, 7], explain: () => [] },
      warmUp: { events: warming === 120 ? 120 : 1_000, hasDrained: async () => world.at >= through },
      send: (seq) => {
        sent.push(seq);
        through = world.at + takes;
      },
    });
    expect(canaries).toEqual({ needed: 0, warming });
    expect(sent.slice(0, 4)).toEqual(first);
    expect(sent).toHaveLength(warming);
  });

  test("after the wait, on paths of which some are silent: that they are is for the account to tell", async () => {
    await wait({ paths: 100, ready: 25, publishers: 1 });
    expect(world.at).toBeGreaterThanOrEqual(30_000);
  });

  test("with those that have joined, where no number was asked for", async () => {
    await wait({ paths: 25, ready: 25, publishers: 1 }, { publishers: 1 });
    expect(world.at).toBe(0);
  });
});

test.each([
  [{ paths: 25, ready: 25, publishers: 1 }, "25 of 100 subscriptions became live within 30 s, and nobody said why"],
  [{ paths: 25, ready: 0, publishers: 1 }, "25 of 100 subscriptions became live within 30 s, and nobody said why"],
  [{ paths: 0, ready: 0, publishers: 1 }, "no subscriber joined run r within 30 s; start them"],
  [{ paths: 100, ready: 0, publishers: 1 }, "no canary arrived on any of 100 paths within 30 s; start them"],
  [{ paths: 100, ready: 100, publishers: 0 }, "0 of 1 publishers joined run r within 30 s"],
])("the run is given up for %j: %s", async (account, why) => {
  await expect(wait(account)).rejects.toThrow(why);
});

describe("of a target that takes no connection", () => {
  function refused(heals: number) {
    world.account = { paths: 2, ready: 0, publishers: 1 };
    return awaitCanaries("http://receiver", RUN, 30, {
      ...{ wanted: { publishers: 1 }, seqs: [0], send: () => undefined, explain: () => ["start it"] },
      unsendable: () => (world.at < heals ? "dial: connection refused" : null),
    });
  }

  test("nobody waits longer than for one that is just restarting", async () => {
    await expect(refused(60_000)).rejects.toThrow("no canary could be sent: dial: connection refused; start it");
    expect(world.at).toBeLessThan(1_500);
  });

  test("one that was just restarting is waited for as any other", async () => {
    await expect(refused(900)).rejects.toThrow("no canary arrived on any of 2 paths within 30 s");
  });
});

describe("the wait ends at once where it is in vain", () => {
  const wait = (more: Partial<Canaries>) => {
    const sent: number[] = [];
    const run = awaitCanaries("http://receiver", RUN, 30, {
      ...{
        wanted: { publishers: 1 },
        seqs: [0, 1],
        send: (seq) => sent.push(seq),
        explain: () => ["look there"],
        ...more,
      },
    });
    return { run, sent };
  };

  test("when the target refuses all, and is not just restarting", async () => {
    world.account = { paths: 2, ready: 0, publishers: 1 };
    const { run, sent } = wait({ refused: () => "it is answered 404" });
    await expect(run).rejects.toThrow(/^no canary could be sent: it is answered 404$/);
    expect(world.at).toBeGreaterThanOrEqual(1_000);
    expect(world.at).toBeLessThan(1_500);
    expect(sent).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test("when canaries arrive elsewhere only", async () => {
    world.account = { paths: 2, ready: 0, publishers: 1 };
    await expect(wait({ astray: () => "on another path" }).run).rejects.toThrow(/^on another path$/);
    expect(world.at).toBeGreaterThanOrEqual(5_000);
    expect(world.at).toBeLessThan(5_500);
  });
});

describe("of subscriptions of which none is live", () => {
  const NOBODY = { paths: 0, ready: 0, publishers: 1 };
  const wait = (unjoined: Canaries["unjoined"], joinsAt = Number.POSITIVE_INFINITY) => {
    world.account = () => (world.at >= joinsAt ? { paths: 1, ready: 1, publishers: 1 } : NOBODY);
    return awaitCanaries("http://receiver", RUN, 30, {
      ...{ wanted: { publishers: 1 }, seqs: [0], send: () => undefined, explain: () => ["start them"] },
      ...(unjoined === undefined ? {} : { unjoined }),
    });
  };
  const told = (isSilent: boolean) => ({ why: "open() said no", isSilent });

  test.each<[string, boolean, number, number]>([
    ["that were refused, a few seconds", false, 5_000, 5_500],
    ["to which nobody says anything, half of the time", true, 15_000, 15_500],
  ])("those are waited for %s", async (_, isSilent, least, most) => {
    await expect(wait(() => told(isSilent)).then(() => "joined")).rejects.toThrow(/^open\(\) said no$/);
    expect(world.at).toBeGreaterThanOrEqual(least);
    expect(world.at).toBeLessThan(most);
  });

  test("a far end that is slow to accept is waited for, and so is one that refuses no more", async () => {
    await wait(() => told(true), 14_000);
    await wait(() => (world.at < 18_000 ? told(false) : null), 22_000 + world.at);
  });

  test("those that tell nothing may never have been started: all the time", async () => {
    await expect(wait(() => null)).rejects.toThrow("no subscriber joined run r within 30 s; start them");
    expect(world.at).toBeGreaterThanOrEqual(30_000);
  });
});

test.each<[string, number | undefined]>([
  ["as many as it takes", undefined],
  ["three", 3],
])("a target that refuses until its route is there is sent another soon: of %s canaries", async (_, most) => {
  const sentAt: number[] = [];
  world.account = { paths: 1, ready: 0, publishers: 1 };
  const waited = await awaitCanaries("http://receiver", RUN, 60, {
    ...{ wanted: { publishers: 1 }, seqs: [0], explain: () => [] },
    ...(most === undefined ? {} : { most }),
    refused: () => (world.at < 800 ? "it is answered 404" : null),
    send() {
      sentAt.push(world.at);
      if (world.at >= 800) world.account = { paths: 1, ready: 1, publishers: 1 };
    },
  });
  // What was refused is none of those that were needed.
  expect(waited.needed).toBe(1);
  expect(sentAt).toHaveLength(3);
  expect(world.at).toBeLessThan(1_500);
});

const paths = (paths: number, ready: number, publishers = 1): Paths => ({ paths, ready, publishers });

describe("canaries that arrive elsewhere as well do not end the wait", () => {
  test.each<[string, (at: number) => Paths, number, number]>([
    ["of a second publisher, where all paths have one", (at) => paths(1, 1, at > 8_000 ? 2 : 1), 2, 8_500],
    ["for the last of ten paths", (at) => paths(10, at > 12_000 ? 10 : 9), 1, 12_500],
    ["for the only path, which is slower than the other", (at) => paths(1, at > 2_500 ? 1 : 0), 1, 3_000],
    // What one of several paths does not get is for the verdict.
    ["for one of several that gets none at all", () => paths(2, 1), 1, 30_500],
  ])("%s", async (_, accountAt, publishers, within) => {
    world.account = () => accountAt(world.at);
    await awaitCanaries("http://receiver", RUN, 30, {
      ...{ wanted: { publishers }, seqs: [0], send: () => undefined, explain: () => [] },
      astray: () => "on another path",
    });
    expect(world.at).toBeLessThan(within);
  });
});

describe("of a silent pipeline", () => {
  const CAUSES = ["the consumer has acknowledged them", "/ready claims to be ready"];

  async function silent(isSwallowed: boolean) {
    world.account = { paths: 6, ready: 0, publishers: 1 };
    world.quotes.length = 0;
    const entered: number[][] = [];
    const swallowed = { add: (...values: unknown[]) => entered.push(values as number[]), looked: () => undefined };
    const explain = () => ({ causes: CAUSES, swallowed: isSwallowed });
    const run = awaitCanaries("http://receiver", RUN, 30, {
      ...{ wanted: { publishers: 1 }, seqs: [0, 1], send: () => undefined },
      ...{ explain, swallowed },
    });
    await expect(run).rejects.toThrow(CAUSES.join("; "));
    return entered;
  }

  test("that took them all each canary is counted against it, with the causes as evidence", async () => {
    const [[count, outOf] = []] = await silent(true);
    expect(count).toBeGreaterThan(0);
    expect(outOf).toBe(count);
    expect(world.quotes.map((quote) => CAUSES.find((cause) => quote.includes(cause)))).toEqual(CAUSES);
  });

  test("of which it is not known what took them nothing is counted", async () => {
    expect(await silent(false)).toEqual([]);
    expect(world.quotes).toEqual([]);
  });
});

/** When canaries of so many variants are sent while none arrives, in ms from the beginning. */
async function sentInVain(paths: number, seconds: number, variants: number, most?: number): Promise<number[]> {
  world.account = { paths, ready: 0, publishers: 1 };
  const sentAt: number[] = [];
  const run = awaitCanaries("http://receiver", RUN, seconds, {
    ...{ wanted: { publishers: 1 }, seqs: Array.from({ length: variants }, (_, seq) => seq) },
    ...(most === undefined ? {} : { most }),
    send: () => sentAt.push(world.at),
    explain: () => [],
  });
  await expect(run).rejects.toThrow("no canary arrived");
  return sentAt;
}

test.each([
  ["one round after the other where there are few paths", 10, 100],
  ["as many paths as take them, where there are many", 2_000, 1_500],
])("each variant is sent once at first: %s", async (_, paths, within) => {
  const sentAt = await sentInVain(paths, 30, 35, 500);
  expect(new Set(sentAt.slice(0, 35)).size).toBe(4);
  expect(sentAt[34]).toBeLessThanOrEqual(within);
  expect(sentAt[34]).toBeGreaterThan(within / 2);
  // Then evenly over the time.
  expect(sentAt.length).toBeLessThanOrEqual(500);
  expect(sentAt[45]).toBeGreaterThanOrEqual((sentAt[44] as number) + 600);
});

test("a pipeline of which nobody knows what it takes gets ten at a time", async () => {
  const sentAt = await sentInVain(1, 2, 2_000);
  expect(sentAt.length).toBeGreaterThan(50);
  expect(sentAt.length).toBeLessThanOrEqual(100);
});

test("a pipeline from which nothing comes out gets few, each variant once and then in growing pauses", async () => {
  const sentAt = await sentInVain(3, 30, 3);
  expect(sentAt.slice(0, 3)).toEqual([0, 0, 0]);
  expect(sentAt.length).toBeGreaterThan(9);
  expect(sentAt.length).toBeLessThanOrEqual(18);
});

test("who has just joined is sent one soon, whenever that is", async () => {
  world.account = { paths: 1, ready: 0, publishers: 1 };
  const sentAt: number[] = [];
  const run = awaitCanaries("http://receiver", RUN, 30, {
    ...{ wanted: { publishers: 1 }, seqs: [0], explain: () => [] },
    send: () => sentAt.push(world.at),
    astray() {
      if (world.at > 20_000) world.account = { paths: 2, ready: 0, publishers: 1 };
      return null;
    },
  });
  await expect(run).rejects.toThrow("no canary arrived");
  expect(sentAt.filter((at) => at > 20_000 && at < 20_600)).toHaveLength(1);
});

test("those that are left after the first of each variant last until the time is over", async () => {
  const sentAt = await sentInVain(100, 30, 60, 120);
  expect(sentAt).toHaveLength(120);
  expect(sentAt.at(-1)).toBeGreaterThan(24_000);
});

test("no more canaries are sent than may be, evenly over the time", async () => {
  const sentAt = await sentInVain(6, 30, 7, 20);
  expect(sentAt).toHaveLength(20);
  expect(new Set(sentAt).size).toBe(3);
  expect(sentAt.at(-1)).toBeGreaterThan(20_000);
});

interface Joining {
  readonly most: number;
  readonly variants: number;
  readonly subscribers: number;
  /** Over so many seconds they join, of so many that canaries may take. */
  readonly over: number;
  readonly within: number;
  /** All of them have one after so many seconds. */
  readonly done?: number;
}

test.each<[Joining, number]>([
  [{ most: 20, variants: 1, subscribers: 40, over: 20, within: 60 }, 40],
  [{ most: 10, variants: 1, subscribers: 30, over: 9, within: 60 }, 30],
  [{ most: 50, variants: 1, subscribers: 100, over: 10, within: 60 }, 100],
  // A lap takes six seconds where what is left is spread over the time: the last gets a quick one.
  [{ most: 500, variants: 84, subscribers: 200, over: 1, within: 30, done: 3 }, 200],
  // After the last has joined there is time for 69 of the 84 variants.
  [{ most: 500, variants: 84, subscribers: 5_000, over: 25, within: 30 }, 4_700],
])("limited canaries are left for those who join later: %j", async ({ most, variants, ...joining }, least) => {
  const { subscribers, over, within, done = within + 1 } = joining;
  const reached = new Set<number>();
  const joined = () => Math.min(subscribers, 1 + Math.floor((subscribers * world.at) / (1000 * over)));
  const sentAt: number[] = [];
  world.account = () => paths(joined(), reached.size);
  await awaitCanaries("http://receiver", RUN, within, {
    ...{ wanted: { publishers: 1, paths: subscribers }, most, explain: () => [] },
    seqs: Array.from({ length: variants }, (_, seq) => seq),
    send(seq) {
      sentAt.push(world.at);
      for (let path = seq; path < joined(); path += variants) reached.add(path);
    },
  });
  expect(reached.size).toBeGreaterThanOrEqual(least);
  expect(world.at).toBeLessThanOrEqual(1_000 * done);
  expect(sentAt.length).toBeLessThanOrEqual(most);
});

test("a system that is up after three seconds soon has each variant, however many there are", async () => {
  world.account = paths(1, 0);
  const { needed } = await awaitCanaries("http://receiver", RUN, 30, {
    ...{ wanted: { publishers: 1 }, explain: () => [] },
    seqs: Array.from({ length: 60 }, (_, seq) => seq),
    send(seq) {
      if (world.at > 3_000 && seq === 59) world.account = paths(1, 1);
    },
  });
  expect(world.at).toBeLessThan(10_000);
  expect(needed).toBeLessThanOrEqual(240);
});
