import fc from "fast-check";
import { expect, test } from "vitest";
import { describe, differences, fingerprint } from "../../cli/baseline/likeness.ts";

const parameters = fc.dictionary(
  fc.constantFrom("RATE", "SCENARIO", "VUS", "__proto__", "a b"),
  fc.constantFrom("1", "2"),
);

test("two runs have one fingerprint exactly when nothing differs", () => {
  fc.assert(
    fc.property(parameters, parameters, (ours, theirs) => {
      expect(fingerprint(ours) === fingerprint(theirs)).toBe(differences(ours, theirs).length === 0);
    }),
  );
});

test("the order of parameters says nothing", () => {
  expect(fingerprint({ RATE: "1", VUS: "2" })).toBe(fingerprint({ VUS: "2", RATE: "1" }));
});

test("a difference names the parameter and both its values", () => {
  const found = differences({ RATE: "1", VUS: "2" }, { RATE: "3" });
  expect(found).toEqual([
    { parameter: "RATE", ours: "1", theirs: "3" },
    { parameter: "VUS", ours: "2", theirs: null },
  ]);
  expect(describe(found)).toBe('RATE is "1", the baseline has "3"; VUS is "2", the baseline has none');
});
