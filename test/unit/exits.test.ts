import { expect, test } from "vitest";
import { EXITS, exitsOfKind } from "../../cli/own/exits.ts";
import { FAR_ENDS } from "../../core/report.ts";

test.each(["subscription", ...FAR_ENDS])("a far end of the kind %s is begun by a template", (kind) => {
  expect(exitsOfKind(kind).length).toBeGreaterThan(0);
});

test("each template has a kind", () => {
  expect(["subscription", ...FAR_ENDS].flatMap(exitsOfKind).sort()).toEqual(Object.keys(EXITS).sort());
});
