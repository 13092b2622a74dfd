/**
 * How parsers are fuzzed: hostile input is made from valid input, because input that is wrong from its first letter on
 * reaches no interesting code. FUZZ_RUNS sets the number of runs; the name of each test has the seed, which FUZZ_SEED
 * repeats.
 *
 * FUZZ_RUNS=100000 npx vitest run --project unit test/unit/fuzz
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, test } from "vitest";

const RUNS = process.env["FUZZ_RUNS"];
/** In the name of the test: fast-check tells it only of a property that failed, not of a test that took too long. */
const SEED = Number(process.env["FUZZ_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));

/** An input that once failed, or for which a fix was made. */
export interface PastFailure<Input> {
  readonly why: string;
  readonly input: Input;
}

/** The past failures of a parser, from `corpus/<name>.json`. */
export function corpus<Input>(name: string): readonly PastFailure<Input>[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "corpus", `${name}.json`), "utf8"));
}

/**
 * Checks a property on past failures, each in a test of its own, and on new inputs.
 *
 * @param runs number of inputs in a usual run; FUZZ_RUNS replaces it.
 */
export function fuzz<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  past: readonly PastFailure<Input>[],
  runs: number,
  property: (input: Input) => void | Promise<void>,
): void {
  describe(name, () => {
    test.each(past)("past failure: $why", ({ input }) => property(input));
    const numRuns = RUNS === undefined ? runs : Number(RUNS);
    test(`new inputs of FUZZ_SEED=${SEED}`, { timeout: 30_000 + numRuns * 20 }, () =>
      fc.assert(
        fc.asyncProperty(inputs, async (input) => property(input)),
        { numRuns, seed: SEED },
      ),
    );
  });
}

/** Marks a number in a document that JSON can write and a double cannot hold. */
const TOO_LARGE = "a number that is too large";

const HOSTILE: readonly unknown[] = [
  ...[null, true, "", [], {}, [[]], [null], { length: 1 }, { toString: 1 }, { data: null }],
  ...["__proto__", "constructor", "toString", "../../etc/passwd", "\u0000", "\ud800", "💥", "evt_", "x".repeat(5_000)],
  ...[-1, -0.5, 0.5, 1e21, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_VALUE, Number.MIN_VALUE, TOO_LARGE],
];

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  fc.jsonValue({ maxDepth: 3 }),
);

/** A text with some characters changed, lost, doubled or cut off. */
export function damagedText(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const letters = fc.oneof(
    fc.constantFrom(..."\"'{}[]:,\\/@?#%&=-+.eExX09 \t\r\n\u0000\u00a0\u2028\ufeff"),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 4 }), letters), { minLength: 1, maxLength: 4 });
  return fc.tuple(text, edits).map(([whole, all]) =>
    all.reduce((before, [where, cut, letter]) => {
      const place = where % (before.length + 1);
      if (cut === 4) return before.slice(0, place);
      return before.slice(0, place) + letter + before.slice(place + cut);
    }, whole),
  );
}

/** A document with one to three parts replaced, left out or renamed. */
export function damagedDocument(document: unknown): fc.Arbitrary<unknown> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.constantFrom("replace", "remove", "rename", "repeat"), hostile), {
    minLength: 1,
    maxLength: 3,
  });
  return changes.map((all) => {
    const root = { document: structuredClone(document) };
    for (const [where, how, value] of all) {
      const places = placesIn(root, "document");
      const [parent, key] = places[where % places.length] as Place;
      if (how === "replace" || parent === root) parent[key] = structuredClone(value);
      else if (how === "repeat") parent[key] = [parent[key], parent[key]];
      else {
        if (how === "rename") parent[`${key}x`] = parent[key];
        delete parent[key];
      }
    }
    return root.document;
  });
}

type Place = [parent: Record<string, unknown>, key: string];

function placesIn(parent: Record<string, unknown>, key: string): Place[] {
  const value = parent[key];
  const within =
    typeof value === "object" && value !== null
      ? Object.keys(value).flatMap((name) => placesIn(value as Record<string, unknown>, name))
      : [];
  return [[parent, key], ...within];
}

/** The text of a document, with its numbers that only text can hold. */
export function written(document: unknown): string {
  return (JSON.stringify(document) ?? "").replaceAll(JSON.stringify(TOO_LARGE), "1e400");
}

/** The document's text, damaged or of a damaged document, and arbitrary text. */
export function hostileTexts(document: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 5, arbitrary: damagedDocument(document).map(written) },
    { weight: 3, arbitrary: damagedText(fc.constant(JSON.stringify(document))) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.constantFrom("", "null", "0", '""', "[]", "{}", "[".repeat(50_000), '{"__proto__":1}') },
  );
}
