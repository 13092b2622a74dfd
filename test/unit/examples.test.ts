import { expect, test } from "vitest";
import { Examples } from "../../receiver/examples.ts";

test("what came again is told with how often, so that the lines add up", () => {
  const examples = new Examples();
  for (const words of ["event 1 is damaged", "event 597 is damaged", "event 597 is damaged"]) examples.add(words);
  expect(examples.lines()).toEqual(["event 1 is damaged", "event 597 is damaged (2 times)"]);
});

test("many of one kind are one line", () => {
  const examples = new Examples();
  for (let times = 0; times < 10; times++) examples.add("event 3 came to /hook/a");
  expect(examples.lines()).toEqual(["event 3 came to /hook/a (10 times)"]);
});
