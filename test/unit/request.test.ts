import { describe, expect, test } from "vitest";
import { planRun } from "../../cli/run/plan.ts";
import type { Request } from "../../cli/run/request.ts";
import { addressed } from "../../cli/run/shell.ts";
import { subjectOf } from "../../cli/run/subject.ts";
import type { RunnableTest } from "../../systems/variables.ts";

const REQUEST: Request = { urls: {}, instances: 1, faults: [], set: [] };
const OWN = { ws: "ws://a/ws", nats: "nats://a" };

function plan(names: string[], changes: Partial<Request> = {}) {
  return planRun(subjectOf(names), { ...REQUEST, ...changes });
}

function variablesOf(test: RunnableTest, names: string[], changes: Partial<Request> = {}) {
  return plan(names, changes)
    .groups.flat()
    .find((one) => one.test === test)?.variables;
}

describe("what runs", () => {
  test.each([
    [["pipeline"], [["websocket", "nats"], ["http"]], "start"],
    [["http"], [["http"]], null],
    [["nats", "websocket", "nats"], [["websocket", "nats"]], "start"],
    [["ethhook"], [["redis"]], "start"],
    [["redis"], [["redis"]], "start"],
    [["ingest"], [["ingest"]], "start"],
    [["webhook", "webhook"], [["webhook"]], "start"],
  ])("%j is %j", (names, groups, receiver) => {
    const planned = plan(names);
    expect(planned.groups.map((group) => group.map((one) => one.test))).toEqual(groups);
    expect(planned).toMatchObject({ reference: true, receiver });
  });

  test("on a target of one's own the receiver is started, given, or not needed", () => {
    expect(plan(["websocket", "nats"], { urls: OWN })).toMatchObject({ reference: false, receiver: "start" });
    expect(plan(["websocket", "nats"], { urls: { ...OWN, receiver: "http://r" } })).toMatchObject({
      receiver: "http://r",
    });
    expect(plan(["websocket", "nats"], { urls: { ...OWN, receiver: "http://r/" } })).toMatchObject({
      receiver: "http://r",
    });
    expect(plan(["nats"], { urls: { nats: "nats://a" } })).toMatchObject({ receiver: null });
    expect(variablesOf("nats", ["nats"], { urls: { nats: "nats://a" } })).not.toHaveProperty("RECEIVER_URL");
  });
});

describe("on an ingestor or signal webhook of one's own", () => {
  const SIGNALS = { signals: "http://127.0.0.1:8000" };
  const EXECUTED = "http://127.0.0.1:8000/executed";

  test("the ingestor's receiver is its owner's", () => {
    const urls = { ingest: "http://127.0.0.1:8000", receiver: "http://127.0.0.1:4800" };
    expect(plan(["ingest"], { urls })).toMatchObject({ reference: false, receiver: urls.receiver });
    expect(variablesOf("ingest", ["ingest"], { urls })).toMatchObject({
      INGEST_URL: urls.ingest,
      RECEIVER_URL: urls.receiver,
    });
  });

  test("signals are settled only where the target lists what it executed", () => {
    expect(plan(["webhook"], { urls: SIGNALS })).toMatchObject({ reference: false, receiver: null });
    const unsettled = variablesOf("webhook", ["webhook"], { urls: SIGNALS });
    for (const name of ["RECEIVER_URL", "SIGNALS_EXECUTED_URL", "HEALTH_URL", "SIGNALS_PASSWORD"]) {
      expect(unsettled).not.toHaveProperty(name);
    }
    const urls = { ...SIGNALS, executed: EXECUTED };
    expect(plan(["webhook"], { urls })).toMatchObject({ reference: false, receiver: "start" });
    expect(variablesOf("webhook", ["webhook"], { urls })).toMatchObject({ SIGNALS_EXECUTED_URL: EXECUTED });
  });

  test("the reference target lists them, and is logged in to", () => {
    expect(variablesOf("webhook", ["webhook"], { rate: "5", duration: "5s" })).toMatchObject({
      RATE: "5",
      DURATION: "5s",
      SIGNALS_USER: "trader",
      SIGNALS_EXECUTED_URL: expect.stringMatching(/later/),
      RECEIVER_URL: expect.stringMatching(/later/),
    });
  });
});

describe("consent", () => {
  const remote = { urls: { nats: "nats://nats.example:4222" }, scenario: "load" };

  test("is needed for more than smoke on another machine, and is --yes", () => {
    expect(() => plan(["nats"], remote)).toThrow("allowed: a host of this machine, or --yes (ALLOW_REMOTE=1)");
    expect(() => plan(["nats"], { ...remote, consent: false })).toThrow(RangeError);
    expect(variablesOf("nats", ["nats"], { ...remote, consent: true })).toHaveProperty("ALLOW_REMOTE", "1");
  });

  test("is not assumed", () => {
    expect(variablesOf("nats", ["nats"], { ...remote, scenario: "smoke" })).not.toHaveProperty("ALLOW_REMOTE");
  });
});

describe("the variables", () => {
  test("subscribers listen until all is settled, and the load waits for them", () => {
    const asked = { duration: "10s", set: ["VUS=7", "SOCKETS=3", "CANARY_TIMEOUT=5s", "DRAIN_TIMEOUT=20s"] };
    expect(variablesOf("websocket", ["pipeline"], asked)).toMatchObject({ END_WHEN_SETTLED: "1", DURATION: "65s" });
    expect(variablesOf("nats", ["pipeline"], asked)).toMatchObject({ SUBSCRIPTIONS: "21", DURATION: "10s" });
  });

  test.each<[string, Partial<Request>]>([
    ["--set", { set: ["RATE=200", "DURATION=10s"] }],
    ["the environment", { environment: { THROUGHLINE_RATE: "200", THROUGHLINE_DURATION: "10s" } }],
    ["one of each", { duration: "10s", set: ["RATE=200"] }],
    ["the other of each", { rate: "200", environment: { THROUGHLINE_DURATION: "10s" } }],
    ["two ways at once, of which --set counts", { rate: "200", duration: "5m", set: ["DURATION=10s"] }],
    ["a setting for the publisher", { set: ["nats.RATE=200", "nats.DURATION=10s"] }],
    ["a number of events", { set: ["RATE=200", "EVENTS=2000"] }],
  ])("a load by %s is what it is by flags", (_, asked) => {
    const of = (test: "nats" | "websocket" | "http", names: string[], request: Partial<Request>) => {
      const { variables, seconds } =
        plan(names, request)
          .groups.flat()
          .find((one) => one.test === test) ?? {};
      return { seconds, duration: variables?.["DURATION"], rate: variables?.["RATE"] };
    };
    const flags = { rate: "200", duration: "10s" };
    for (const names of [["pipeline"], ["websocket", "nats"]]) {
      expect(of("websocket", names, asked)).toEqual(of("websocket", names, flags));
      expect(of("nats", names, asked).seconds).toBe(10);
    }
    expect(of("http", ["pipeline"], asked).rate).toBeUndefined();
  });

  test("a profile by --set is what it is by the flag", () => {
    for (const scenario of ["load", "stress"])
      expect(plan(["pipeline"], { set: [`SCENARIO=${scenario}`] })).toEqual(plan(["pipeline"], { scenario }));
  });

  test("what a person says of the subscribers alone counts", () => {
    for (const set of [
      ["DURATION=10s", "websocket.DURATION=20s"],
      ["websocket.DURATION=20s", "DURATION=10s"],
    ])
      expect(variablesOf("websocket", ["pipeline"], { set })).toHaveProperty("DURATION", "20s");
    const set = ["RATE=50", "http.RATE=3"];
    expect(variablesOf("http", ["pipeline"], { set })).toHaveProperty("RATE", "3");
  });

  test("visitors and subscribers without a publisher take what is given for all", () => {
    expect(variablesOf("http", ["http"], { set: ["RATE=3", "DURATION=20s"] })).toMatchObject({
      ...{ RATE: "3", DURATION: "20s" },
    });
    const ws = { urls: { ws: "ws://a/ws" }, set: ["DURATION=5m"] };
    expect(variablesOf("websocket", ["websocket"], ws)).toHaveProperty("DURATION", "5m");
    const shell = { urls: ws.urls, environment: { THROUGHLINE_DURATION: "5m" } };
    expect(variablesOf("websocket", ["websocket"], shell)).toHaveProperty("DURATION", "5m");
  });

  test("subscribers that come and go follow their profile, and nobody waits for a number of them", () => {
    const asked = { scenario: "stress", duration: "10s" };
    expect(variablesOf("websocket", ["pipeline"], asked)).toMatchObject({ DURATION: "40s" });
    expect(variablesOf("nats", ["pipeline"], asked)).not.toHaveProperty("SUBSCRIPTIONS");
  });

  test("flags are for the tests that have such a variable, a setting for all or for one", () => {
    const asked = { rate: "50", events: "100", set: ["SEED=3", "http.VUS=2", "websocket.VUS=4", "nats.RATE=60"] };
    expect(variablesOf("nats", ["pipeline"], asked)).toMatchObject({ RATE: "60", EVENTS: "100", SEED: "3" });
    expect(variablesOf("http", ["pipeline"], asked)).toMatchObject({ VUS: "2" });
    expect(variablesOf("http", ["pipeline"], asked)).not.toHaveProperty("RATE");
    expect(variablesOf("websocket", ["pipeline"], asked)).toMatchObject({ VUS: "4", SEED: "3" });
  });

  test("subscribers without a publisher beside them listen as long as they are told", () => {
    const urls = { ws: "ws://a/ws" };
    expect(variablesOf("websocket", ["websocket"], { urls, duration: "5m" })).toHaveProperty("DURATION", "5m");
  });

  test("what was asked for comes before what a demo presets", () => {
    const subject = subjectOf(["pipeline"]);
    const planned = planRun(subject, { ...REQUEST, rate: "9" }, { nats: { RATE: "1000", DURATION: "15s" } });
    const nats = planned.groups.flat().find((one) => one.test === "nats");
    expect(nats?.variables).toMatchObject({ RATE: "9", DURATION: "15s" });
    expect(nats?.seconds).toBe(15);
  });

  test("credentials of a target are taken from the shell, by their long names and unless they are set", () => {
    const shell = {
      THROUGHLINE_NATS_TOKEN: "t",
      THROUGHLINE_NATS_USER: "u",
      // No secrets, but of no use to anybody when they are left behind.
      THROUGHLINE_NATS_CA: "ca.pem",
      NATS_PASSWORD: "p",
      THROUGHLINE_RATE: "9",
    };
    const asked = { environment: shell, set: ["NATS_USER=me"] };
    const nats = variablesOf("nats", ["nats"], { ...asked, urls: { nats: "nats://a" } });
    expect(nats).toMatchObject({ NATS_TOKEN: "t", NATS_USER: "me", NATS_CA: "ca.pem", RATE: "9" });
    expect(nats).not.toHaveProperty("NATS_PASSWORD");
    expect(variablesOf("nats", ["pipeline"], { ...asked, rate: "7" })).toHaveProperty("RATE", "7");
    expect(variablesOf("nats", ["pipeline"], asked)).not.toHaveProperty("NATS_TOKEN");
    expect(variablesOf("http", ["http"], { ...asked, set: [], urls: { http: "http://a" } })).not.toHaveProperty(
      "NATS_TOKEN",
    );
  });

  test("bounds are taken from the shell too", () => {
    const nats = variablesOf("nats", ["pipeline"], { environment: { THROUGHLINE_SLO_ACCOUNT_LOST_COUNT: "3" } });
    expect(nats).toHaveProperty("SLO_ACCOUNT_LOST_COUNT", "3");
  });

  test("a stream is created in the reference pipeline, never in another", () => {
    expect(variablesOf("nats", ["pipeline"])).toHaveProperty("CREATE_STREAM", "1");
    expect(variablesOf("nats", ["websocket", "nats"], { urls: OWN })).not.toHaveProperty("CREATE_STREAM");
  });
});

describe("addresses of the shell", () => {
  const shell = { THROUGHLINE_WS_URL: "ws://shell/ws", THROUGHLINE_RECEIVER_URL: "http://receiver" };
  const urlsOf = (what: string[], request: Partial<Request>) =>
    addressed({ ...REQUEST, environment: shell, ...request }, subjectOf(what)).urls;

  test("are those of the target", () => {
    expect(urlsOf(["websocket"], {})).toEqual({ ws: "ws://shell/ws", receiver: "http://receiver" });
  });

  test("give way to flags", () => {
    expect(urlsOf(["websocket"], { urls: { ws: "ws://flag/ws" } })).toMatchObject({ ws: "ws://flag/ws" });
  });

  test("of another system are none of this one's, nor is a receiver without a target", () => {
    expect(urlsOf(["ingest"], {})).toEqual({});
  });
});

test.each([
  ["THROUGHLINE_WS_TOKN", "THROUGHLINE_WS_TOKEN"],
  ["THROUGHLINE_SCENARO", "THROUGHLINE_SCENARIO"],
  ["THROUGHLINE_RAET", "THROUGHLINE_RATE"],
  ["THROUGHLINE_SLO_ACCOUNT_LOST", "THROUGHLINE_SLO_ACCOUNT_LOST_COUNT"],
])("%s of the shell is refused for %s", (given, meant) => {
  const request = { ...REQUEST, environment: { [given]: "s3cret" } };
  expect(() => planRun(subjectOf(["pipeline"]), request)).toThrow(`${given}: unknown variable; did you mean ${meant}?`);
});

test("a variable of the shell that is somebody else's is let be", () => {
  const request = {
    ...REQUEST,
    environment: {
      THROUGHLINE_SHOP_KEY: "k",
      THROUGHLINE_NATS_SERVICE_HOST: "10.0.0.1",
      HTTP_PROXY: "p",
      WS_TOKN: "t",
    },
  };
  expect(() => planRun(subjectOf(["pipeline"]), request)).not.toThrow();
});

test("another name of a profile is the profile, also to the history and to baselines", () => {
  const [[planned] = []] = planRun(subjectOf(["http"]), { ...REQUEST, scenario: "quick" }).groups;
  expect(planned?.variables["SCENARIO"]).toBe("smoke");
  expect(planned?.settings.SCENARIO).toBe("smoke");
});

describe("refused", () => {
  test.each<[string[], Partial<Request>, string]>([
    [
      ["kafka"],
      {},
      "kafka is no pipeline and no test; allowed: ethhook, ingest, pipeline, webhook, redis, http, websocket, nats",
    ],
    [["http", "redis"], {}, "run http redis: these belong to different pipelines; run one after the other"],
    [["pipeline", "http"], {}, "run pipeline http: a pipeline runs alone; allowed: one pipeline, or tests of one"],
    [
      ["websocket"],
      {},
      "run websocket: websocket shows nothing without nats; run both, or give the target's addresses",
    ],
    [["redis", "ingest"], {}, "run redis ingest: these belong to different pipelines; run one after the other"],
    [
      ["ingest"],
      { urls: { ingest: "http://a" } },
      "run ingest: needs --receiver-url: a receiver that you started with the target's --database; see docs/ingest.md",
    ],
    [
      ["webhook"],
      { urls: { signals: "http://a", receiver: "http://r" } },
      "--receiver-url: run webhook has nothing for it to settle without --executed-url; give both or none",
    ],
    [
      ["webhook"],
      { urls: { executed: "http://a" } },
      "run webhook: webhook needs --signals-url, because another address of the target was given",
    ],
    [
      ["ingest"],
      { urls: { signals: "http://a" } },
      "--url signals=http://a: run ingest has no such address; allowed: ingest, receiver",
    ],
    [["webhook"], { instances: 2 }, "--instances 2: webhook is one client within its limits; allowed: 1"],
    [["pipeline"], { scenario: "strss" }, "SCENARIO=strss: allowed: smoke"],
    [["pipeline"], { rate: "fast" }, 'RATE=fast: allowed: a number of events per second above 0, or "max"'],
    [
      ["pipeline"],
      { urls: OWN },
      "run pipeline: http needs --http-url, because another address of the target was given",
    ],
    [
      ["http"],
      { urls: { htp: "http://a" } },
      "--url htp=http://a: run http has no such address; allowed: http, ws, nats, receiver",
    ],
    [["http"], { urls: { http: "a" } }, "HTTP_URL=a: allowed: a URL that starts with http:// or https://"],
    [
      ["http"],
      { urls: { http: "http://a" }, faults: ["drop=1"] },
      "--fault drop=1: faults are planted in the reference target only; leave out the addresses",
    ],
    [
      ["pipeline"],
      { urls: { receiver: "http://r" } },
      "--receiver-url: the reference target has a receiver of its own; give the target's addresses too",
    ],
    [["pipeline"], { set: ["VUS"] }, "--set VUS: allowed: NAME=VALUE, or test.NAME=VALUE"],
    [["pipeline"], { set: ["INSTANCES=4"] }, "--set INSTANCES: give --instances"],
    [["pipeline"], { set: ["nats.RUN_ID=x"] }, "--set RUN_ID: give --run-id"],
    [["pipeline"], { environment: { THROUGHLINE_INSTANCES: "4" } }, "THROUGHLINE_INSTANCES: give --instances"],
    [["ethhook"], { environment: { THROUGHLINE_RUN_ID: "x" } }, "THROUGHLINE_RUN_ID: give --run-id"],
    [["http"], { environment: { THROUGHLINE_SUMMARY: "x" } }, "THROUGHLINE_SUMMARY: leave it out; the run keeps"],
    [["pipeline"], { set: ["MAXLEN=5"] }, "--set MAXLEN: no variable of websocket, nats, http; see docs/variables.md"],
    [
      ["pipeline"],
      { set: ["http.EVENTS=5"] },
      "--set http.EVENTS: no variable of websocket, nats, http; see docs/variables.md",
    ],
    [["pipeline"], { set: ["NATS_PASSWORD="] }, "NATS_PASSWORD=(hidden): allowed: any text that is not empty"],
    [["http"], { events: "5" }, "--events 5: has no effect on http; allowed: with redis, ingest, nats"],
    [
      ["http", "websocket"],
      { events: "5", urls: { http: "http://a", ws: "ws://a" } },
      "--events 5: has no effect on websocket, http; allowed: with ",
    ],
    [["pipeline"], { instances: 11 }, "--instances 11: websocket has 10 virtual users to share; allowed: up to 10"],
    [
      ["ethhook"],
      { instances: 4, set: ["WORKERS=2"] },
      "--instances 4: redis has 2 publishers (WORKERS) to share; allowed: up to 2",
    ],
  ])("%j with %j", (names, changes, message) => {
    expect(() => plan(names, changes)).toThrow(RangeError);
    expect(() => plan(names, changes)).toThrow(message);
  });
});

describe("where a gateway says whether it is ready", () => {
  const readyOf = (urls: Record<string, string>, names = ["websocket", "nats"]) =>
    variablesOf("nats", names, { urls: { nats: "nats://a", ...urls }, consent: true })?.["READY_URL"];

  test.each([
    ["ws://gate:8080/ws", "http://gate:8080/ready"],
    ["wss://gate/pulse/ws?v=1", "https://gate/pulse/ready"],
    ["ws://user:secret@gate/ws", "http://gate/ready"],
  ])("follows from its socket %s: %s", (ws, ready) => {
    expect(readyOf({ ws })).toBe(ready);
  });

  test("follows from its HTTP address where that is given", () => {
    expect(readyOf({ ws: "ws://gate/ws", http: "http://other/base" }, ["pipeline"])).toBe("http://other/base/ready");
  });
});

describe("a reference target in the manner of the field", () => {
  test("has what its manner needs", () => {
    expect(variablesOf("http", ["pipeline"], { manner: "real" })).toMatchObject({ MANIFESTS: "0" });
    expect(variablesOf("webhook", ["webhook"], { manner: "real" })).toMatchObject({ EXECUTED_BY: "count" });
    expect(variablesOf("http", ["pipeline"], { manner: "contract" })).not.toHaveProperty("MANIFESTS");
  });

  test("is no target of one's own", () => {
    expect(() => plan(["websocket", "nats"], { urls: OWN, manner: "real" })).toThrow(
      "--as real: chooses how the reference target behaves",
    );
  });
});

test("nothing can be published to a broker that is away", () => {
  expect(() => plan(["pipeline"], { set: ["DEPENDENCY_AWAY=1"] })).toThrow("DEPENDENCY_AWAY=1: nothing can be");
  expect(variablesOf("http", ["http"], { set: ["DEPENDENCY_AWAY=1"] })).toMatchObject({ DEPENDENCY_AWAY: "1" });
});
