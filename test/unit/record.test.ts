import * as v from "valibot";
import { describe, expect, test } from "vitest";
import type { K6Result } from "../../cli/k6.ts";
import { ResultSchema } from "../../cli/result.ts";
import type { FinishedRun } from "../../cli/run/finished-run.ts";
import { planRun } from "../../cli/run/plan.ts";
import { recordOf } from "../../cli/run/record.ts";
import type { Request } from "../../cli/run/request.ts";
import { subjectOf } from "../../cli/run/subject.ts";
import { summarize } from "../../core/summary.ts";
import { ACCOUNT, dataOf, inputOf, type Metrics } from "./records.ts";

/** What a sound run has beside what the builder gives it. */
const SOUND: Metrics = {
  dropped_iterations: { values: { count: 0 } },
  account_latency_growth_ms: { values: { value: 0 } },
  account_latency_growth_ms_samples: { values: { count: 100 } },
};

function resultOf(instance: number, changes: Metrics = {}): K6Result {
  const summary = summarize(inputOf({ data: dataOf({ ...SOUND, ...changes }) }));
  const { verdict, reasons } = summary;
  return { test: "nats", instance, verdict, reasons, summary, exitCode: verdict === "PASS" ? 0 : 99, complete: true };
}

function endedOf(changes: Partial<FinishedRun> = {}, asked: Partial<Request> = {}): FinishedRun {
  const subject = subjectOf(["nats"]);
  const request = {
    urls: { nats: "nats://u:p@a", receiver: "http://127.0.0.1:1" },
    instances: 1,
    faults: [],
    set: [],
    ...asked,
  };
  return {
    run: "nightly-7",
    folder: "results/nightly-7",
    subject: subject.name,
    plan: planRun(subject, request),
    instances: request.instances,
    flags: [],
    tests: [resultOf(1)],
    collected: { account: ACCOUNT as never, timeline: [], latencies: [] },
    health: [],
    coreUse: [],
    problems: [],
    interrupted: false,
    startedAt: 1_000,
    endedAt: 13_400,
    machine: { system: "Linux", cores: 2, memoryMb: 1_000, loadAverage: 0 },
    versions: { k6: "v1.8.1" },
    ...changes,
  };
}

/** What a receiver told; nothing where there was none. */
function collectedOf(account: typeof ACCOUNT | null): FinishedRun["collected"] {
  return { account: account as never, timeline: [], latencies: [] };
}

describe("the record of a run", () => {
  test("is what its schema says, and survives being written", () => {
    const record = recordOf(endedOf());
    expect(v.parse(ResultSchema, JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(record).toMatchObject({ verdict: "PASS", reasons: [], complete: true, account: ACCOUNT });
  });

  test("holds what was asked for, without secrets, names and addresses of our own", () => {
    const ended = endedOf(
      {
        flags: [
          "-e",
          "API_TOKEN=hunter2",
          "--env=API_TOKEN=hunter2",
          "-eAPI_TOKEN=hunter2",
          "-qeAPI_TOKEN=hunter2",
          "--secret-source=mock=a=hunter2",
          "--secret-source",
          "mock=a=hunter2",
          "--log-output",
          "loki=http://h:3100,header.Authorization=Bearer hunter2",
          "--log-output=loki=http://h:3100,header.X-Scope=hunter2",
          "--traces-output",
          "otel=http://h:4318,header.Authorization=hunter2",
          "--traces-output=otel=http://h:4318,header.Authorization=hunter2",
          "--out",
          "influxdb=http://u:p@db",
        ],
      },
      { set: ["NATS_PASSWORD=hunter2", "SEED=7"] },
    );
    const { parameters } = recordOf(ended);
    expect(JSON.stringify(parameters)).not.toMatch(/hunter2|u:p/);
    expect(parameters).toMatchObject({
      subject: "nats",
      instances: "1",
      "nats.SEED": "7",
      "nats.SCENARIO": "smoke",
      "nats.NATS_URL": "nats://(hidden)@a",
    });
    expect(Object.keys(parameters)).not.toContain("nats.RUN_ID");
    const again = recordOf(endedOf({ run: "nightly-8", folder: "elsewhere", startedAt: 99_000, endedAt: 99_999 }));
    expect(again.parameters).toEqual(recordOf(endedOf()).parameters);
  });

  test("of an interrupted run is INVALID and not complete", () => {
    const record = recordOf(endedOf({ interrupted: true, tests: [] }));
    expect(record).toMatchObject({ verdict: "INVALID", complete: false, cut: "interrupted" });
    expect(record.reasons).toMatchObject([
      { text: "interrupted after 12 s: what was measured is the first part of the run", next: "start it again" },
    ]);
  });

  test("of a pipeline that broke is INVALID, whatever its tests say", () => {
    const record = recordOf(endedOf({ problems: ["gateway ended (code 1): out of memory"] }));
    expect(record).toMatchObject({
      verdict: "INVALID",
      reasons: [{ text: "gateway ended (code 1): out of memory", next: "read the logs in results/nightly-7/" }],
    });
  });

  test("of a target that was killed tells first what ended, then that it was away, then what was lost", () => {
    const lost: Metrics = { account_lost: { values: { count: 4 } }, events_unknown: { values: { count: 2 } } };
    const away: Metrics = { events_unsent: { values: { count: 5 } }, unsent_unreachable: { values: { count: 5 } } };
    const saw = { ...resultOf(1, lost), test: "websocket" as const };
    const tests = [saw, resultOf(1, { ...lost, ...away })];
    const plan = planRun(subjectOf(["websocket", "nats"]), { urls: {}, instances: 1, faults: [], set: [] });
    const { verdict, reasons } = recordOf(endedOf({ plan, tests, problems: ["gateway ended by SIGKILL"] }));
    expect(verdict).toBe("FAIL");
    expect(reasons.map(({ text }) => text.replace(/ \(.*/, ""))).toEqual([
      "gateway ended by SIGKILL",
      expect.stringMatching(/^nats: the target was unreachable/),
      expect.stringMatching(/: events_unknown$/),
      expect.stringMatching(/: account_lost$/),
    ]);
  });

  test("of a run in which a test was never started is not complete", () => {
    expect(recordOf(endedOf({ tests: [] }))).toMatchObject({ verdict: "INVALID", complete: false });
  });

  const idle = { ...ACCOUNT, published: 0 };
  const crashed = { ...resultOf(1), summary: null, complete: false };
  const early = summarize(inputOf({ data: dataOf({ iterations: { values: { count: 0 } } }), account: null }));
  test.each<[string, Partial<FinishedRun>, string | null]>([
    ["ran to its end", {}, null],
    ["published some, and broke", { tests: [{ ...resultOf(1), complete: false }] }, "ended early"],
    ["broke before its first event", { tests: [crashed], collected: collectedOf(idle) }, "never started"],
    ["broke after its first event", { tests: [crashed], collected: collectedOf(ACCOUNT) }, "ended early"],
    [
      "ended before its load",
      { tests: [{ ...crashed, summary: early }], collected: collectedOf(null) },
      "never started",
    ],
    ["broke, and told nothing", { tests: [crashed], collected: collectedOf(null) }, "ended early"],
  ])("of a load that %s says so", (_, changes, cut) => expect(recordOf(endedOf(changes)).cut).toBe(cut));

  test("names the test that measured a cause, not those that have it as a cause only", () => {
    const base = endedOf();
    const [nats] = base.plan.groups.flat();
    const groups = [[nats, { ...nats, test: "websocket" }]] as typeof base.plan.groups;
    const measured = { ...resultOf(1, { account_lost: { values: { count: 3 } } }), test: "websocket" as const };
    const told = { ...resultOf(1), verdict: measured.verdict, reasons: measured.reasons };
    const { reasons } = recordOf(endedOf({ plan: { ...base.plan, groups }, tests: [told, measured] }));
    expect(reasons).toMatchObject([{ text: expect.stringMatching(/^websocket: account_lost/) }]);
    expect(reasons[0]?.next).not.toMatch(/^read /);
  });

  test("tells a reason of several processes once, and has a next step for each", () => {
    const lost = { account_lost: { values: { count: 3 } } };
    const { verdict, reasons } = recordOf(
      endedOf({ instances: 2, tests: [resultOf(1, lost), resultOf(2, lost)] }, { instances: 2 }),
    );
    expect(verdict).toBe("FAIL");
    expect(reasons).toMatchObject([
      {
        text: "nats: account_lost (expected deliveries that never happened): 3, must be count == 0",
        metric: "account_lost",
        objective: "count == 0",
        next: expect.stringMatching(/./),
      },
    ]);
  });

  test("holds the latencies of processes that shared a test, of all of them together", () => {
    const told = (med: number) => ({ publish_ack_latency_ms: { values: { count: 100, min: med, med, max: med } } });
    const tests = [resultOf(1, told(1)), resultOf(2, told(9))];
    const { merged } = recordOf(endedOf({ instances: 2, tests }, { instances: 2 }));
    expect(merged["nats"]?.["publish_ack_latency_ms"]).toMatchObject({ count: 200, "p(95)": expect.closeTo(9) });
    expect(recordOf(endedOf()).merged).toEqual({});
    expect(recordOf(endedOf({ instances: 2, tests: tests.slice(1) }, { instances: 2 })).merged).toEqual({});
  });

  test("names the process that alone missed an objective", () => {
    const late = { schedule_delay_ms: { values: { "p(95)": 280 } } };
    const { verdict, reasons } = recordOf(
      endedOf({ instances: 2, tests: [resultOf(1), resultOf(2, late)] }, { instances: 2 }),
    );
    expect(verdict).toBe("INVALID");
    expect(reasons.map(({ text }) => text)).toEqual([expect.stringMatching(/^nats: schedule_delay_ms/)]);
  });

  test("holds of each process what was judged of all of them together", () => {
    const tests = [resultOf(1), resultOf(2, { events_refused: { values: { count: 3 } } })];
    const record = recordOf(endedOf({ instances: 2, tests }, { instances: 2 }));
    expect(record.tests.map(({ verdict }) => verdict)).toEqual(["FAIL", "FAIL"]);
    const [first, second] = record.tests.map(({ summary }) => summary?.rows);
    expect(first).toEqual(second);
    expect(first?.filter(({ result }) => result === "missed")).toMatchObject([
      { metric: "events_refused", observed: 3 },
    ]);
  });

  test("is INVALID when all processes together offered too little", () => {
    const half = { events_offered: { values: { count: 100 } }, events_offered_samples: { values: { count: 100 } } };
    const summary = summarize(inputOf({ slos: [], data: dataOf(half) }));
    const tests = [1, 2].map((instance) => ({ ...resultOf(instance), summary, verdict: "PASS" as const, reasons: [] }));
    const { verdict, reasons } = recordOf(endedOf({ instances: 2, tests }, { instances: 2 }));
    expect(verdict).toBe("INVALID");
    expect(reasons[0]?.text).toMatch(/nats: events_offered .*: 200, must be count >= 60000/);
  });
});

describe("a reference target whose machine others want", () => {
  const SLOW: Metrics = { publish_ack_latency_ms: { values: { "p(99)": 900 } } };
  const FULL = { others: 0.9, idle: 0.02 };
  const FREE = { others: 0.9, idle: 0.8 };
  const ALONE = { others: 0.1, idle: 0 };
  const taken = (coreUse: FinishedRun["coreUse"], metrics: Metrics, reference = true, own = false) => {
    const ended = endedOf({ coreUse, tests: [resultOf(1, metrics)] });
    return recordOf({ ...ended, plan: { ...ended.plan, reference, own } });
  };
  const why =
    "other programs took 0.9 of 2 cores in 3 of 4 seconds, and none was free: the target ran on the same machine";

  test("is not blamed for what took it too long", () => {
    const { verdict, reasons, tests } = taken([FREE, FULL, FULL, FULL], SLOW);
    expect(verdict).toBe("INVALID");
    expect(tests.map((one) => one.verdict)).toEqual(["INVALID"]);
    expect(tests.flatMap(({ summary }) => summary?.rows ?? []).filter(({ result }) => result !== "met")).toMatchObject([
      { metric: "publish_ack_latency_ms", result: "unmeasured", doubt: why },
    ]);
    expect(reasons).toMatchObject([{ text: why, next: "end them, or run the target on another machine" }]);
  });

  test("is told as one of them, where it is a user's and nobody knows which it is", () => {
    const { verdict, reasons } = taken([FREE, FULL, FULL, FULL], SLOW, true, true);
    expect(verdict).toBe("INVALID");
    expect(reasons).toMatchObject([
      {
        text: "other programs took 0.9 of 2 cores in 3 of 4 seconds, and none was free: a target on this machine lacked them, or is one of these",
        next: "end the others, or run k6 and the target on two machines",
      },
    ]);
  });

  test.each<[string, FinishedRun["coreUse"], Metrics, boolean, string]>([
    ["passes all the same where it was quick enough", [FULL, FULL, FULL], {}, true, "PASS"],
    ["is blamed for what it lost", [FULL, FULL, FULL], { account_lost: { values: { count: 1 } } }, true, "FAIL"],
    ["is blamed where a core was free", [FREE, FREE, FREE, FULL], SLOW, true, "FAIL"],
    ["is blamed where the run itself took the cores", [ALONE, ALONE, ALONE], SLOW, true, "FAIL"],
    ["is blamed where that was in a small part of the run", [FULL, FULL, ...Array(9).fill(FREE)], SLOW, true, "FAIL"],
    ["is not meant where a target of somebody's own was tested", [FULL, FULL, FULL], SLOW, false, "FAIL"],
  ])("%s", (_, coreUse, metrics, reference, verdict) => {
    const record = taken(coreUse, metrics, reference);
    expect(record.verdict).toBe(verdict);
    expect(record.reasons.map(({ text }) => text).join()).not.toContain("other programs");
  });
});
