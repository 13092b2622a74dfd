import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineFields } from "../../core/lineformats.ts";

describe("a table", () => {
  const long = fc.string({
    minLength: 19,
    maxLength: 40,
    unit: fc.constantFrom("a", '"', ",", ";", "\n", "\r", " ", "1"),
  });
  const written = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

  test.each([",", ";", "\t"])("divided by %j is read as it was written", (separator) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(long, long), { minLength: 1 }), fc.constantFrom("\n", "\r\n"), (rows, end) => {
        const lines = [`id${separator}ref`, ...rows.map((row) => row.map(written).join(separator))];
        expect(lineFields(lines.join(end))).toEqual(
          rows.flatMap(([id, ref]) => [
            ["id", id],
            ["ref", ref],
          ]),
        );
      }),
    );
  });

  test("has no fields where no identity has room: a large one would hold up the receiver", () => {
    expect(lineFields(`a,b\n${"1,2\n".repeat(1_000)}${"7".repeat(19)},3`)).toEqual([["a", "7".repeat(19)]]);
  });

  test.each([
    ["a row of another width", "a,b\n1,2,3"],
    ["a quote within a cell", 'a,b\n1,2"3"'],
    ["text behind a quote", 'a,b\n1,"2"3'],
    ["a quote that never ends", 'a,b\n1,"2'],
    ["names alone", "a,b\n\n"],
    ["a name twice", "a,a\n1,2"],
    ["a return alone", "a,b\n1\r,2"],
  ])("is none with %s", (_, text) => expect(lineFields(text)).toBeNull());
});
