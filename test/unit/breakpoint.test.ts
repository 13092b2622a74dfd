/** Which rate of a breakpoint profile held: tables of runs, second by second. */
import { describe, expect, test } from "vitest";
import { describeSteps, isSustained, type Step, stepsOf } from "../../core/breakpoint.ts";
import { hold, shape } from "../../core/shape.ts";
import type { Second } from "../../core/timeline.ts";

const SHAPE = shape([hold(100, "5s"), hold(200, "5s"), hold(400, "5s")]);
const STARTED = 1_700_000_000_000;

/** A run whose seconds have these [published, delivered]. */
function run(...seconds: readonly (readonly [number, number])[]): Second[] {
  let backlog = 0;
  return seconds.map(([published, delivered], place) => {
    backlog += published - delivered;
    return { at: STARTED + place * 1000, published, delivered, backlog, p50: null, p95: null, p99: null, max: null };
  });
}

/** A second, after five others, whose target delivered what it acknowledged and refused the rest. */
function refusing(second: Second, place: number): Second {
  return { ...second, at: STARTED + (5 + place) * 1000, acknowledged: second.delivered, backlog: 0 };
}

const five = (published: number, delivered = published) =>
  Array.from({ length: 5 }, (): readonly [number, number] => [published, delivered]);

test.each<[string, Step, boolean]>([
  ["all acknowledged and delivered", { rate: 100, acknowledged: 100, growth: 0 }, true],
  ["a little left behind", { rate: 100, acknowledged: 96, growth: 0.05 }, true],
  ["not acknowledged", { rate: 100, acknowledged: 94, growth: 0 }, false],
  ["left behind", { rate: 100, acknowledged: 100, growth: 0.06 }, false],
])("a rate is sustained or not: %s", (_, step, sustained) => {
  expect(isSustained(step)).toBe(sustained);
});

describe("a run", () => {
  test.each<[string, Second[], string]>([
    [
      "whose every rate held",
      run(...five(100), ...five(200), ...five(400)),
      "the highest rate that held is 400/s; no higher one was measured",
    ],
    [
      "whose backlog grew",
      run(...five(100), ...five(200), ...five(400, 300)),
      "the highest rate that held is 200/s: at 400/s 400/s were acknowledged, and the backlog grew by 21.05 % of what was due",
    ],
    [
      "that was ended in its second step",
      run(...five(100), [200, 200], [200, 200], [0, 0], [0, 0], [0, 0]),
      "the highest rate that held is 100/s: at 200/s 80/s were acknowledged, and the backlog grew by 0 % of what was due",
    ],
    [
      "whose higher rates were never reached",
      run(...five(100)),
      "the highest rate that held is 100/s; no higher one was measured",
    ],
    [
      "whose target refused a part",
      [...run(...five(100)), ...run(...five(200, 150)).map((second, place) => refusing(second, place))],
      "the highest rate that held is 100/s: at 200/s 150/s were acknowledged, and the backlog grew by 0 % of what was due",
    ],
    [
      "that held nothing",
      run(...five(40)),
      "no rate held: at 100/s 40/s were acknowledged, and the backlog grew by 0 % of what was due",
    ],
    [
      "that recovered at a higher rate, which is luck",
      run(...five(100), ...five(200, 100), ...five(400, 500)),
      "the highest rate that held is 100/s: at 200/s 200/s were acknowledged, and the backlog grew by 44.44 % of what was due",
    ],
    ["that was too short", run([100, 100], [100, 100]), "no step was long enough to tell whether its rate held"],
  ])("%s", (_, seconds, text) => {
    expect(describeSteps(stepsOf(SHAPE, seconds, STARTED))).toBe(text);
  });

  test("is judged by the whole seconds of each step, wherever in a second it began", () => {
    const steps = stepsOf(SHAPE, run(...five(100), ...five(200), ...five(400)), STARTED - 300);
    expect(steps.map(({ rate, acknowledged }) => [rate, acknowledged])).toEqual([
      [100, 100],
      [200, 200],
      [400, 400],
    ]);
  });
});
