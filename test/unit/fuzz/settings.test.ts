/** Variables as they are mistyped, pasted and attacked: a run is refused in one line, or fully decided. */
import fc from "fast-check";
import { expect } from "vitest";
import { k6Scenario } from "../../../k6/support/scenario.ts";
import { type Settings, settings } from "../../../k6/support/settings.ts";
import { profilesOf } from "../../../scenarios.ts";
import { type RunnableTest, VARIABLES } from "../../../systems/variables.ts";
import { corpus, damagedText, fuzz } from "./fuzzing.ts";

type Environment = Readonly<Record<string, string>>;
type Case = readonly [test: RunnableTest, environment: Environment];

const PASSWORD = "hunter2-of-nobody";

const TESTS = Object.keys(VARIABLES) as RunnableTest[];

/** Values that some variable takes, and values that look as if one did. */
const VALUES = [
  ...[
    "1",
    "0",
    "10",
    "0.5",
    "1e3",
    "1e308",
    "1e-308",
    "0x10",
    "Infinity",
    "NaN",
    "-1",
    "-0",
    "4294967295",
    "4294967296",
  ],
  ...[
    "1s",
    "1m30s",
    "1ms",
    "0.001ms",
    "999999999h",
    "9".repeat(400),
    `${"9".repeat(400)}s`,
    "max",
    "off",
    "none",
    "all",
  ],
  ...[
    "ethereum",
    "ethereum,solana",
    "constructor",
    "constructor=1",
    "ethereum=1,solana=2",
    "ethereum=99999999999999999999",
  ],
  ...["http://localhost:1", "ws://127.0.0.1/ws", "nats://[::1]:4222", "redis://localhost:6379/0", "simple,complex"],
  ...[`http://u:${PASSWORD}@h`, `nats://${PASSWORD}@h x`, `redis://u:${PASSWORD}/@h`, `ws://h/?token=${PASSWORD}`],
  ...[
    "smoke",
    "load",
    "spike",
    "soak",
    "breakpoint",
    "churn",
    "",
    " ",
    "\n",
    "\u001b[31m",
    "../../x",
    "usdc-transfers",
  ],
];

const values = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
  { weight: 2, arbitrary: damagedText(fc.constantFrom(...VALUES.filter((value) => !value.includes(PASSWORD)))) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
);

function namesOf(test: RunnableTest): fc.Arbitrary<string> {
  const own = Object.keys(VARIABLES[test]);
  const known = fc.constantFrom(...own, "SLO_SCRIPT_ERRORS_COUNT", "SLO_LATENCY");
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 1, arbitrary: known.map((name) => `THROUGHLINE_${name}`) },
    { weight: 1, arbitrary: damagedText(known) },
  );
}

const cases: fc.Arbitrary<Case> = fc
  .constantFrom(...TESTS)
  .chain((test) => fc.tuple(fc.constant(test), fc.dictionary(namesOf(test), values, { minKeys: 1, maxKeys: 5 })));

fuzz(
  "an environment is refused in one line or decides the whole load",
  cases,
  corpus<Case>("settings"),
  4_000,
  (one) => {
    const [test, environment] = one;
    let decided: Settings<RunnableTest>;
    try {
      decided = settings(test, environment);
    } catch (refusal) {
      expect(refusal).toBeTypeOf("string");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
      expect(refusal).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/);
      expect((refusal as string).length).toBeLessThan(2_000);
      expect(refusal).not.toContain(PASSWORD);
      // It names the thing and what is allowed, or what was meant.
      expect(refusal).toMatch(/^[^=]*=.*(allowed: |did you mean |leave one out$|is needed)/);
      return;
    }
    expect(profilesOf(test)).toContain(decided.SCENARIO);
    const numbers = numbersIn(k6Scenario(decided.load, "publish"));
    expect(numbers.filter((number) => !(Number.isFinite(number) && number >= 0))).toEqual([]);
    expect(decided.slos.every(({ bound }) => Number.isFinite(bound) && bound >= 0)).toBe(true);
  },
);

function numbersIn(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (typeof value === "string") return /NaN|Infinity|e\+|undefined/.test(value) ? [Number.NaN] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
