import { expect, test } from "vitest";
import { StallWatch } from "../../core/stall.ts";

const repeated = (took: number, times: number) => Array.from({ length: times }, () => took);

test.each<[string, readonly number[], readonly number[]]>([
  ["one answer that took far longer than the others", [...repeated(20, 10), 2_500, 20], [2_500]],
  ["none that is slow by nature", [...repeated(1_500, 10), 2_500], []],
  ["none under a second", [...repeated(2, 10), 990], []],
  ["none before it is known what is usual", [2_500, 2_000, 20, 20], []],
  ["none once all of them are slow", [...repeated(20, 21), ...repeated(1_200, 30)], repeated(1_200, 11)],
])("%s", (_, answers, stalls) => {
  const watch = new StallWatch();
  expect(answers.map((took) => watch.answered(took)).filter((held) => held > 0)).toEqual(stalls);
});
