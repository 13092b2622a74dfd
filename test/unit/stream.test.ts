/** What a run makes of the broker's answers about its stream. */
import { describe, expect, test } from "vitest";
import {
  explainLosses,
  explainSilence,
  isNotFound,
  readConsumers,
  readStream,
  type StreamFacts,
  takes,
  unfitness,
} from "../../systems/pulse/stream.ts";

const SUBJECTS = ["events.canonical.1.transfer", "events.canonical.2.swap"];

const stream = (config: object = {}): StreamFacts => {
  const facts = readStream({
    config: { name: "CE", subjects: ["events.canonical.>"], retention: "limits", ...config },
    state: { messages: 30, last_seq: 40 },
  });
  if (facts === null) throw new Error("no stream");
  return facts;
};

const consumer = (changes: object = {}) => ({
  name: "gateway",
  config: { ack_policy: "explicit" },
  delivered: { stream_seq: 40 },
  ack_floor: { stream_seq: 40 },
  num_pending: 0,
  num_ack_pending: 0,
  num_waiting: 1,
  ...changes,
});

const explained = (...consumers: object[]) => silence(...consumers).causes.join("\n");

const silence = (...consumers: object[]) => explainSilence(stream(), readConsumers({ consumers }) ?? [], 31, SUBJECTS);

test.each([
  ["events.canonical.>", "events.canonical.1.transfer", true],
  ["events.canonical.>", "events.canonical", false],
  ["events.*.1.*", "events.canonical.1.transfer", true],
  ["events.*.1", "events.canonical.1.transfer", false],
  ["shop.>", "events.canonical.1.transfer", false],
  ["*.canonical.>", "events.canonical.1.transfer", true],
  [">", "a", true],
])("%s takes %s: %j", (pattern, subject, taken) => {
  expect(takes(pattern, subject)).toBe(taken);
});

describe("a stream is fit for a run", () => {
  test("that takes all its subjects, in one pattern or several", () => {
    expect(unfitness(stream(), SUBJECTS)).toBeNull();
    expect(unfitness(stream({ subjects: ["events.canonical.1.*", "events.canonical.2.>"] }), SUBJECTS)).toBeNull();
  });

  test.each([
    [{ name: "SHOP", subjects: ["shop.>"] }, "STREAM=SHOP takes shop.>, not events.canonical.1.transfer"],
    [{ subjects: ["events.canonical.1.>"] }, "not events.canonical.2.swap"],
    [{ subjects: null }, "takes no subjects"],
    [{ no_ack: true }, "STREAM=CE never acknowledges (no_ack)"],
  ])("and not with %j", (config, words) => {
    expect(unfitness(stream(config), SUBJECTS)).toContain(words);
  });
});

describe("when nothing comes out", () => {
  test("the stream is described", () => {
    expect(explained()).toContain("stream CE (retention limits, subjects events.canonical.>) holds 30 messages");
  });

  test.each([
    ["no consumer", [], "it has no consumer: no gateway reads it"],
    [
      "what was acknowledged",
      [consumer()],
      "has acknowledged the canaries (0 pending, 0 not acknowledged) and none was delivered",
    ],
    ["what was only fetched", [consumer({ config: {}, ack_floor: { stream_seq: 0 } })], "has fetched the canaries"],
    [
      "a reader that is behind",
      [consumer({ delivered: { stream_seq: 30 }, ack_floor: { stream_seq: 30 }, num_pending: 10 })],
      "has fetched none of the 10 canaries (10 pending, 0 not acknowledged)",
    ],
    [
      "a reader that is stuck",
      [consumer({ ack_floor: { stream_seq: 30 }, num_ack_pending: 10 })],
      "has fetched canaries and not acknowledged them (0 pending, 10 not acknowledged)",
    ],
    [
      "a reader of other subjects",
      [consumer({ config: { filter_subject: "events.canonical.1.>" } })],
      "reads events.canonical.1.>, not events.canonical.2.swap",
    ],
    ["a consumer that gateways share", [consumer({ num_waiting: 2 })], "gateways may share it"],
  ])("%s is named", (_, consumers, words) => {
    expect(explained(...consumers)).toContain(words);
  });
});

describe("what was taken of it, so that it is known who is to blame:", () => {
  const behind = consumer({ delivered: { stream_seq: 30 }, ack_floor: { stream_seq: 30 }, num_pending: 10 });
  test.each([
    ["nothing, where nobody reads", [], "unread"],
    ["all, by the only reader", [consumer()], "all"],
    ["all, by every reader", [consumer(), consumer({ name: "archive" })], "all"],
    ["some, where one reader is behind", [consumer(), behind], "some"],
    ["some, where the rest is pending", [consumer({ num_pending: 3 })], "some"],
    ["some, where a reader holds it", [consumer({ num_ack_pending: 10, ack_floor: { stream_seq: 30 } })], "some"],
    ["some, where the reader wants other subjects", [consumer({ config: { filter_subject: "shop.>" } })], "some"],
  ])("%s", (_, consumers, taken) => {
    expect(silence(...consumers).taken).toBe(taken);
  });
});

describe("when events are missing in part", () => {
  test.each([
    ["no reader", [], "it has no consumer"],
    ["a reader that has all", [consumer()], "has acknowledged all of them (0 pending, 0 not acknowledged)"],
    ["one that acknowledges nothing", [consumer({ config: {} })], "has fetched all of them (0 pending)"],
    ["one that is behind", [consumer({ num_pending: 7 })], "has not taken all of them (7 pending, 0 not acknowledged)"],
    [
      "one that is stuck",
      [consumer({ num_ack_pending: 7 })],
      "has not taken all of them (0 pending, 7 not acknowledged)",
    ],
    ["one that gateways share", [consumer({ num_waiting: 2 })], "2 requests wait on it, so that gateways may share it"],
    ["a queue group", [consumer({ config: { deliver_group: "gw" } })], "delivers to the queue group gw"],
  ])("%s is told", (_, consumers, words) => {
    const told = explainLosses(stream(), readConsumers({ consumers }) ?? []);
    expect(told).toContain("stream CE (retention limits");
    expect(told).toContain(words);
  });
});

describe("of a stream since its load began is told", () => {
  const before = { created: "at first", firstSeq: 11, readers: { gateway: "at first" } };
  const told = (state: object, reader: object | null, config: object = {}) => {
    const facts = readStream({
      config: { name: "CE", subjects: ["events.canonical.>"], retention: "limits", ...config },
      created: "at first",
      ...state,
    }) as StreamFacts;
    const consumers = reader === null ? [] : [{ ...consumer(), created: "at first", ...reader }];
    return explainLosses(facts, readConsumers({ consumers }) ?? [], before);
  };
  const whole = { state: { messages: 30, first_seq: 11, last_seq: 40 } };
  const purged = { state: { messages: 0, first_seq: 41, last_seq: 40 } };
  const nothing = /^stream CE \(retention [^;]*; consumer gateway [^;]*$/;
  test.each<[string, string, RegExp]>([
    ["nothing where nothing happened", told(whole, {}), nothing],
    [
      "that it was purged",
      told(purged, {}),
      /^30 messages of this run were removed from the stream \(purged, or beyond/,
    ],
    ["nothing of what was taken from a queue", told(purged, {}, { retention: "workqueue" }), nothing],
    ["that it was made anew", told({ ...whole, created: "later" }, {}), /^stream CE was made anew in mid-run: what it/],
    [
      "that it begins anew",
      told({ state: { messages: 3, first_seq: 1, last_seq: 3 } }, {}),
      /^stream CE was made anew/,
    ],
    [
      "that its reader is gone, as by plan",
      told(whole, null),
      /^stream CE .*; consumer gateway is not there any more$/,
    ],
    [
      "that its reader was made anew",
      told(whole, { created: "later" }),
      /^stream CE .*; consumer gateway was made anew since the load began$/,
    ],
  ])("%s", (_, words, expected) => expect(words).toMatch(expected));
});

test.each<[string, unknown, boolean]>([
  ["no answer, of a broker that is away", null, false],
  ["that there is none", { error: { code: 404, err_code: 10_059, description: "stream not found" } }, true],
  ["another error", { error: { code: 503, err_code: 10_008 } }, false],
])("a stream is gone or not by %s", (_, answer, gone) => expect(isNotFound(answer)).toBe(gone));

test("an error is no stream, and no list of consumers", () => {
  const error = { type: "io.nats.jetstream.api.v1.stream_info_response", error: { code: 404 } };
  expect(readStream(error)).toBeNull();
  expect(readStream(null)).toBeNull();
  expect(readConsumers("no")).toBeNull();
});
