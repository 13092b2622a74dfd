import { describe, expect, test } from "vitest";
import { type Evidence, type Expectation, shortcomings } from "../faults/row.ts";
import { ACCOUNT } from "./records.ts";

const LOST = "account_lost (expected deliveries that never happened): 35, must be count == 0";
const P95 = "ws_event_latency_ms (from publishing an event to reading it): 32.5, must be p(95) < 25";

/** What was seen of a run that failed because something was lost. */
function seen(
  changes: Partial<Evidence> = {},
  reasons: readonly string[] = [LOST],
  exitCode: number | null = 99,
): Evidence {
  const test = { test: "nats", verdict: "FAIL", reasons, exitCode, rows: [] } as const;
  return { verdict: "FAIL", tests: [test], account: ACCOUNT, hung: false, left: [], ...changes };
}

const EXPECT: Expectation = { verdict: "FAIL", reasons: ["account_lost"] };
const wrong = (expectation: Partial<Expectation>, evidence: Evidence) =>
  shortcomings({ expect: { ...EXPECT, ...expectation } }, evidence);

describe("a row is green", () => {
  test.each<[string, Partial<Expectation>, Evidence]>([
    ["when verdict and reason are as expected", {}, seen()],
    ["when its reason is named by two tests", {}, seen({}, [LOST, LOST])],
    ["when a statistic is named", { reasons: ["ws_event_latency_ms p(95)"] }, seen({}, [P95])],
    ["when what may be named besides is", { besides: ["ws_event_latency_ms"] }, seen({}, [LOST, P95])],
    ["when a phrase is in a reason", { reasons: ["that never happened"] }, seen()],
    [
      "when a phrase is in a cause",
      { reasons: ["account_lost", "wait in queue"] },
      seen({ account: { ...ACCOUNT, causes: ["3 deliveries wait in queue"] } }),
    ],
    ["when k6 was killed, and has no exit code", {}, seen({}, [LOST], null)],
    ["when its numbers hold", { checks: [["60,000 published", ({ published }) => published === 60_000]] }, seen()],
  ])("%s", (_, expectation, evidence) => {
    expect(wrong(expectation, evidence)).toEqual([]);
  });
});

describe("a row is red", () => {
  test.each<[string, Partial<Expectation>, Evidence, string]>([
    ["with another verdict", {}, seen({ verdict: "PASS" }), "the verdict is PASS, not FAIL"],
    ["when a bare k6 would have passed", {}, seen({}, [LOST], 0), "k6 nats ended with 0, and its verdict is FAIL"],
    ["without its reason", {}, seen({}, []), "not named: account_lost"],
    ["with a reason of a like name", {}, seen({}, ["account_lost_and_found: 1"]), "not named: account_lost"],
    ["with another statistic", { reasons: ["ws_event_latency_ms p(99)"] }, seen({}, [P95]), "not named"],
    ["with a reason too many", {}, seen({}, [LOST, P95]), `named without cause: ${P95}`],
    ["with wrong numbers", { checks: [["nothing", () => false]] }, seen(), "does not hold: nothing"],
    ["without the numbers", { checks: [["any", () => true]] }, seen({ account: null }), "does not hold: any"],
    ["when it hangs", {}, seen({ hung: true }), "it did not end in its time"],
    ["when it leaves something running", {}, seen({ left: ["process 7"] }), "left behind: process 7"],
  ])("%s", (_, expectation, evidence, what) => {
    expect(wrong(expectation, evidence).join()).toContain(what);
  });
});
