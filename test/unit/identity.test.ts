import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identitiesIn, SPELLINGS, type Spelling, spell } from "../../core/identity.ts";
import { madeOf } from "../../core/made.ts";
import { CANARY_PUBLISHER, type Trace } from "../../core/trace.ts";
import { UINT32_MAX } from "./arbitraries.ts";

const spellings = fc.constantFrom(...SPELLINGS);
const traces: fc.Arbitrary<Trace> = fc.record({
  run: fc.integer({ min: 0, max: UINT32_MAX }),
  publisher: fc.integer({ min: 0, max: CANARY_PUBLISHER }),
  seq: fc.integer({ min: 0, max: 2 ** 28 - 1 }),
  publishedAt: fc.integer({ min: 1_600_000_000_000, max: 4_000_000_000_000 }),
});
const knownOf = (...sent: Trace[]) => ({
  runs: sent.map(({ run }) => run),
  at: Math.max(...sent.map(({ publishedAt }) => publishedAt)) + 5,
});

/** What is left of a trace in a spelling. */
function readable(trace: Trace, spelling: Spelling) {
  if (spelling !== "number") return { ...trace, spelling };
  const publisher = trace.publisher === CANARY_PUBLISHER ? CANARY_PUBLISHER : 0;
  return { ...trace, publisher, publishedAt: null, spelling };
}

test("each spelling has its length and its form", () => {
  const trace = { run: 0xdeadbeef, publisher: 7, seq: 4711, publishedAt: 1_790_000_000_123 };
  expect(SPELLINGS.map((spelling) => spell(trace, spelling))).toEqual([
    "evt_1790000000123000000_deadbeef000700001267ac24",
    expect.stringMatching(/^0x[0-9a-f]{64}$/),
    expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}$/),
    expect.stringMatching(/^[89]\d{18}$/),
  ]);
});

test("numbers fit into a signed 64-bit integer and have 19 digits, from the first to the last", () => {
  for (const seq of [0, 2 ** 28 - 1]) {
    for (const publisher of [1, CANARY_PUBLISHER]) {
      const number = BigInt(spell({ run: UINT32_MAX, publisher, seq, publishedAt: 0 }, "number"));
      expect(number > 10n ** 18n && number < 2n ** 63n).toBe(true);
    }
  }
  expect(() => spell({ run: 1, publisher: 1, seq: 2 ** 28, publishedAt: 0 }, "uuid")).toThrow(/have room for/);
});

test("what is written is found in whatever stands around it, several in one text", () => {
  const around = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[0-9a-z_]/gi, "-"));
  const close = traces.map((trace) => ({ ...trace, publishedAt: 1_790_000_000_000 + (trace.publishedAt % 1_000_000) }));
  fc.assert(
    fc.property(fc.array(fc.tuple(close, spellings, around), { minLength: 1, maxLength: 4 }), around, (sent, tail) => {
      const text = [...sent.map(([trace, spelling, before]) => `${before} ${spell(trace, spelling)}`), tail].join(" ");
      const wanted = sent.map(([trace, spelling]) => readable(trace, spelling));
      expect(identitiesIn(text, knownOf(...sent.map(([trace]) => trace)))).toEqual({ identities: wanted, damaged: 0 });
    }),
  );
});

test("both ends write the same time of publishing, but behind a number", () => {
  const timed = fc.constantFrom<Spelling>("text", "hash", "uuid");
  const between = fc.integer({ min: 0, max: 1_000_000 }).map((place) => 1_790_000_000_000 + place / 997);
  fc.assert(
    fc.property(between, timed, (publishedAt, spelling) => {
      const trace = { run: 1, publisher: 2, seq: 3, publishedAt };
      const [found] = identitiesIn(spell(trace, spelling), knownOf(trace)).identities;
      expect(madeOf(7, {}, found as Trace).publishedAt).toBe(madeOf(7, {}, trace).publishedAt);
    }),
  );
});

describe("an identity is found", () => {
  const trace = { run: 0xcafe0001, publisher: 3, seq: 99, publishedAt: 1_790_000_000_000 };
  test.each<[string, (spelling: Spelling) => string]>([
    ["as a value of JSON", (spelling) => JSON.stringify({ a: [{ ref: spell(trace, spelling) }] })],
    ["behind a prefix", (spelling) => `ORD-${spell(trace, spelling)}`],
    ["in JSON that is a string of JSON", (spelling) => JSON.stringify(JSON.stringify({ ref: spell(trace, spelling) }))],
    ["in a URL", (spelling) => `/orders/${spell(trace, spelling)}?x=1`],
    ["in capitals", (spelling) => spell(trace, spelling).toUpperCase()],
    ["in a column of CSV", (spelling) => `1,${spell(trace, spelling)},2`],
  ])("%s", (_, write) => {
    for (const spelling of SPELLINGS) {
      expect(identitiesIn(write(spelling), knownOf(trace)).identities, spelling).toEqual([readable(trace, spelling)]);
    }
  });

  test("as the bytes of a hash, and as a UUID without dashes", () => {
    expect(identitiesIn(`\\x${spell(trace, "hash").slice(2)}`, knownOf(trace)).identities).toHaveLength(1);
    expect(identitiesIn(spell(trace, "uuid").replaceAll("-", ""), knownOf(trace)).identities).toHaveLength(1);
  });
});

test("damage of any one digit, and a swap of any two neighbours, is never read as another event", () => {
  fc.assert(
    fc.property(traces, spellings, fc.nat(), fc.nat(), fc.boolean(), (trace, spelling, where, what, swaps) => {
      const sent = spell(trace, spelling);
      const digits = spelling === "number" ? 10 : 16;
      // Without its 0x a hash is as good.
      const first = spelling === "hash" ? 2 : 0;
      const at = first + (where % (sent.length - 1 - first));
      const other = (what % digits).toString(digits);
      const damaged = swaps
        ? sent.slice(0, at) + sent.charAt(at + 1) + sent.charAt(at) + sent.slice(at + 2)
        : sent.slice(0, at) + other + sent.slice(at + 1);
      fc.pre(damaged !== sent);
      expect(identitiesIn(damaged, knownOf(trace)).identities).toEqual([]);
    }),
    { numRuns: 3_000 },
  );
});

test("damage behind the marker is counted, and what is cut off is damage too", () => {
  const trace = { run: 1, publisher: 1, seq: 5, publishedAt: 1_790_000_000_000 };
  const [text, hash] = [spell(trace, "text"), spell(trace, "hash")];
  const known = knownOf(trace);
  for (const damaged of [text.replace(/.$/, "~"), text.slice(0, 40), hash.slice(0, 50), hash.replace(/.$/, "g")]) {
    expect(identitiesIn(damaged, known)).toEqual({ identities: [], damaged: 1 });
  }
  expect(identitiesIn("evt_1790000000123456789_0x0123456789abcdef", known)).toEqual({ identities: [], damaged: 0 });
});

/** Once with 10 million: IDENTITY_TEXTS=10000000. */
const TEXTS = Number(process.env["IDENTITY_TEXTS"] ?? 20_000);

test("nothing is found in random texts of JSON", { timeout: 0 }, () => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
  const hexadecimal = (length: number) => {
    let digits = "";
    while (digits.length < length) digits += next().toString(16).padStart(8, "0");
    return digits.slice(0, length);
  };
  const uuid = (version: string) =>
    `${hexadecimal(8)}-${hexadecimal(4)}-${version}${hexadecimal(3)}-${"89ab".charAt(next() % 4)}${hexadecimal(3)}-${hexadecimal(12)}`;
  const known = { runs: [next(), next()], at: 1_790_000_000_000 };
  let found = 0;
  for (let place = 0; place < TEXTS; place++) {
    const number = String((BigInt(next()) << 31n) | BigInt(next() >>> 1));
    const text = `{"id":"${uuid("4")}","trace":"${hexadecimal(32)}","tx":"0x${hexadecimal(64)}","key":${number},"event":"evt_${next()}","at":"2026-11-28T15:00:00Z"}`;
    const { identities, damaged } = identitiesIn(text, known);
    found += identities.length + damaged;
  }
  expect(found).toBe(0);
});
