import { expect, test } from "vitest";
import { describeThrown } from "../../core/thrown.ts";

const PLACES = { publish: "systems/orders.pipeline.ts:12" };
const withStack = (problem: Error, ...frames: string[]) =>
  Object.assign(problem, { stack: [`${problem.name}: ${problem.message}`, ...frames].join("\n") });

test.each<[string, unknown, string | null]>([
  [
    "is told with the topmost line of the file",
    withStack(
      new ReferenceError("evnt is not defined"),
      "\tat send (file:///app/k6/own/access.ts:46:4(7))",
      "\tat file:///home/me/systems/orders.pipeline.ts:18:59(7)",
      "\tat file:///home/me/systems/orders.pipeline.ts:19:54(12)",
    ),
    "publish() throws ReferenceError: evnt is not defined: mend publish in systems/orders.pipeline.ts:18",
  ],
  [
    "of a file that publish() calls is told with the line of that",
    withStack(new TypeError("no function"), "\tat file:///home/me/systems/wire.ts:3:1(7)"),
    "publish() throws TypeError: no function: mend publish in systems/orders.pipeline.ts:12",
  ],
  ["may be the target's state, where it is another error", new Error("status 503"), null],
  ["is none where nothing was thrown", null, null],
])("what publish() throws %s", (_, problem, told) => {
  expect(describeThrown(problem, PLACES)).toBe(told);
});
