import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { draw, firstOfEachVariant, selector, variantIndex } from "../../core/event.ts";
import { blockHash, EVENT_TYPES, event, streamOf, variants, type Workload } from "../../systems/pulse/events.ts";
import { FILTER_CLASSES, filterFor, matches } from "../../systems/pulse/filters.ts";
import { filtersOf, UINT32_MAX, workloads } from "./arbitraries.ts";

const WORKLOAD: Workload = { seed: 1, chains: ["ethereum", "solana"] };
const seqs = fc.oneof(fc.nat({ max: 100_000 }), fc.integer({ min: 0, max: UINT32_MAX }));

describe("an event", () => {
  test("is the same whenever and in whatever order it is asked for", () => {
    fc.assert(
      fc.property(workloads, fc.array(seqs), fc.integer(), (workload, order, shift) => {
        const inOrder = new Map(order.map((seq) => [seq, event(workload, seq)]));
        const moved = order.map((_, place) => order[Math.abs(place + shift) % order.length] as number);
        const all = variants(workload);
        for (const seq of moved) expect(event(workload, seq, all)).toEqual(inOrder.get(seq));
      }),
    );
  });

  test("has the attributes of the variant that its number draws", () => {
    fc.assert(
      fc.property(workloads, seqs, (workload, seq) => {
        const all = variants(workload);
        const { index: _, ...attributes } = all[variantIndex(workload.seed, seq, all.length)] ?? {};
        expect(event(workload, seq)).toMatchObject({ seq, ...attributes });
      }),
    );
  });

  test("shares its block with the 99 others of its hundred, and blocks climb", () => {
    const made = Array.from({ length: 300 }, (_, seq) => event(WORKLOAD, seq));
    expect(made.map(({ blockNumber }) => blockNumber)).toEqual(
      Array.from({ length: 300 }, (_, seq) => 18_000_000 + Math.floor(seq / 100)),
    );
    expect(new Set(made.map(({ blockNumber }) => blockHash(1, blockNumber))).size).toBe(3);
  });

  test("has a hash of its own", () => {
    const all = variants(WORKLOAD);
    const made = Array.from({ length: 10_000 }, (_, seq) => event(WORKLOAD, seq, all).txHash);
    expect(new Set(made).size).toBe(made.length);
    for (const hash of made) expect(hash).toMatch(/^0x[0-9a-f]{64}$/);
  });

  test("is another one under another seed", () => {
    const types = (seed: number) => Array.from({ length: 50 }, (_, seq) => event({ ...WORKLOAD, seed }, seq).eventType);
    expect(types(1)).not.toEqual(types(2));
    expect(event({ ...WORKLOAD, seed: 0xdeadbeef }, 5).txHash).toMatch(/^0x[0-9a-f]{48}deadbeef00000005$/);
  });
});

// Changing the workload makes results incomparable with those of before: do it knowingly.
test("the workload has not changed", () => {
  expect(draw(1, 0)).toBe(2_980_047_484);
  expect([0, 1, 99, 100, 123_456].map((seq) => event(WORKLOAD, seq))).toMatchInlineSnapshot(`
    [
      {
        "accounts": [
          "0x47e714adf4aef9e394fb60e5ee0d82f278b91061",
        ],
        "blockNumber": 18000000,
        "chain": "solana",
        "eventType": "transfer",
        "programId": "0x9b00942e4a4ad9873a23e6261f01a73feb27feef",
        "seq": 0,
        "txHash": "0x7487cda37487cda37487cda37487cda37487cda37487cda30000000100000000",
        "variant": 44,
      },
      {
        "accounts": [
          "0xaabef9e1687a513f1b099b675783dd561ff9f893",
        ],
        "blockNumber": 18000000,
        "chain": "ethereum",
        "eventType": "burn",
        "programId": "0xc7acf39afba407a950eb6f5fec0b217015f92341",
        "seq": 1,
        "txHash": "0x03f6fd1a03f6fd1a03f6fd1a03f6fd1a03f6fd1a03f6fd1a0000000100000001",
        "variant": 35,
      },
      {
        "accounts": [
          "0x4f9054013bf4273da2e411683fff18f5c4877b47",
        ],
        "blockNumber": 18000000,
        "chain": "ethereum",
        "eventType": "swap",
        "programId": "0xdf5803844fe40cd30ba723556213f990cc9f0bbb",
        "seq": 99,
        "txHash": "0xa9130671a9130671a9130671a9130671a9130671a91306710000000100000063",
        "variant": 14,
      },
      {
        "accounts": [
          "0xaabef9e1687a513f1b099b675783dd561ff9f893",
        ],
        "blockNumber": 18000001,
        "chain": "ethereum",
        "eventType": "approval",
        "programId": "0xdf5803844fe40cd30ba723556213f990cc9f0bbb",
        "seq": 100,
        "txHash": "0x9f6e42bc9f6e42bc9f6e42bc9f6e42bc9f6e42bc9f6e42bc0000000100000064",
        "variant": 18,
      },
      {
        "accounts": [
          "0x47e714adf4aef9e394fb60e5ee0d82f278b91061",
        ],
        "blockNumber": 18001234,
        "chain": "solana",
        "eventType": "approval",
        "programId": "0x9b00942e4a4ad9873a23e6261f01a73feb27feef",
        "seq": 123456,
        "txHash": "0xce39c313ce39c313ce39c313ce39c313ce39c313ce39c313000000010001e240",
        "variant": 60,
      },
    ]
  `);
});

describe("the variants", () => {
  test("are every combination, each once, numbered in order", () => {
    const all = variants(WORKLOAD);
    const spelled = all.map(({ chain, eventType, accounts, programId }) =>
      [chain, eventType, accounts, programId].join(),
    );
    expect(all).toHaveLength(2 * EVENT_TYPES.length * 4 * 2);
    expect(new Set(spelled).size).toBe(all.length);
    expect(all.map(({ index }) => index)).toEqual(all.map((_, place) => place));
  });

  test("of one chain have four accounts and two programs, and no chain shares them", () => {
    const addressesOn = (chain: string) => {
      const mine = variants(WORKLOAD).filter((variant) => variant.chain === chain);
      return {
        accounts: new Set(mine.flatMap(({ accounts }) => accounts)),
        programs: new Set(mine.map((v) => v.programId)),
      };
    };
    const [ethereum, solana] = [addressesOn("ethereum"), addressesOn("solana")];
    expect([ethereum.accounts.size, ethereum.programs.size]).toEqual([4, 2]);
    const everything = [...ethereum.accounts, ...ethereum.programs, ...solana.accounts, ...solana.programs];
    expect(new Set(everything).size).toBe(12);
    for (const address of everything) expect(address).toMatch(/^0x[0-9a-f]{40}$/);
  });

  test("of a chain do not depend on which others there are", () => {
    const alone = variants({ seed: 1, chains: ["solana"] }).map(({ index: _, ...attributes }) => attributes);
    const among = variants(WORKLOAD).filter(({ chain }) => chain === "solana");
    expect(among.map(({ index: _, ...attributes }) => attributes)).toEqual(alone);
  });
});

describe("the stream", () => {
  const EVENTS = 20_000;

  test.each([0, 1, 2, 42, 0x9e3779b1, UINT32_MAX])(
    "under seed %i reaches every variant about equally often",
    (seed) => {
      const count = variants(WORKLOAD).length;
      const hits = new Array<number>(count).fill(0);
      for (let seq = 0; seq < EVENTS; seq++) {
        const index = variantIndex(seed, seq, count);
        hits[index] = (hits[index] ?? 0) + 1;
      }
      // 250 are due of each, give or take 16; two fifths off would be no accident.
      expect(Math.min(...hits)).toBeGreaterThan(150);
      expect(Math.max(...hits)).toBeLessThan(350);
    },
  );

  test("does not come in a pattern: each variant follows each other", () => {
    const pairs = new Set<string>();
    for (let seq = 0; seq < EVENTS; seq++) pairs.add(`${variantIndex(1, seq, 10)} ${variantIndex(1, seq + 1, 10)}`);
    expect(pairs.size).toBe(100);
  });

  test.each(FILTER_CLASSES)("holds matches among its first 10,000 events for every %s filter", (kind) => {
    for (const variant of variants(WORKLOAD)) {
      const selected = selector(streamOf(WORKLOAD), filterFor(kind, variant));
      expect(Array.from({ length: 10_000 }, (_, seq) => seq).some(selected)).toBe(true);
    }
  });
});

describe("a selector", () => {
  test("says of every number what the filter says of its event", () => {
    const filtered = workloads.chain((workload) => fc.tuple(fc.constant(workload), filtersOf(workload)));
    fc.assert(
      fc.property(filtered, seqs, ([workload, filter], seq) => {
        const selected = selector(streamOf(workload), filter);
        for (let near = seq; near < seq + 20; near++) {
          expect(selected(near)).toBe(matches(filter, event(workload, near)));
        }
      }),
    );
  });

  test("is told nothing by the other attributes of an event", () => {
    const selected = selector(streamOf(WORKLOAD), {
      chains: ["unheard-of"],
      event_types: [],
      accounts: [],
      program_ids: [],
    });
    expect(Array.from({ length: 1_000 }, (_, seq) => seq).filter(selected)).toEqual([]);
  });
});

test("the first of each variant are the lowest numbers that reach it, in order", () => {
  fc.assert(
    fc.property(workloads, (workload) => {
      const count = variants(workload).length;
      const firsts = firstOfEachVariant(streamOf(workload));
      const before = Array.from({ length: Math.max(...firsts) + 1 }, (_, seq) =>
        variantIndex(workload.seed, seq, count),
      );
      expect(new Set(firsts.map((seq) => before[seq])).size).toBe(count);
      expect(firsts).toEqual(before.flatMap((index, seq) => (before.indexOf(index) === seq ? [seq] : [])));
    }),
  );
});
