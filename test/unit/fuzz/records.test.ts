/** What is read back from files, streams and sockets by the command and the reference targets. */
import fc from "fast-check";
import * as v from "valibot";
import { expect } from "vitest";
import { ResultSchema } from "../../../cli/result.ts";
import { RUN_ID } from "../../../core/runid.ts";
import { logEvents } from "../../../systems/ethhook/pipeline.ts";
import { readEntry } from "../../../systems/ethhook/target/entry.ts";
import { ETHHOOK_FAULTS } from "../../../systems/ethhook/target/faults.ts";
import { frames } from "../../../systems/pulse/frames.ts";
import { pulseEvents } from "../../../systems/pulse/pipeline.ts";
import { EventReader, MalformedEvent, ReceivedEvent } from "../../../systems/pulse/target/event.ts";
import { PULSE_FAULTS } from "../../../systems/pulse/target/faults.ts";
import { Refusal, readRequest } from "../../../systems/pulse/target/requests.ts";
import { CHAIN_NUMBERS } from "../../../systems/pulse/wire.ts";
import { parseFaults } from "../../../target/faults.ts";
import { corpus, damagedDocument, damagedText, fuzz, hostileTexts } from "./fuzzing.ts";

const TRACE = { run: 1, publisher: 1, seq: 0, publishedAt: 1_767_225_600_000 };

const PERCENTILES = { samples: 1, negative: 0, min: 1, mean: 1, p50: 1, p95: 1, p99: 1, max: 1 };
const RESULT = {
  version: 1,
  run: "demo-20261121-113525",
  subject: "pipeline",
  verdict: "FAIL",
  reasons: [
    {
      text: "one event was lost",
      metric: "account_lost",
      objective: "count == 0",
      evidence: "event 7 on path a",
      next: "look at event 7",
      symptoms: [],
    },
  ],
  complete: true,
  startedAt: 1,
  endedAt: 2,
  parameters: { RATE: "1000" },
  versions: { k6: "1.8.1" },
  machine: { system: "linux", cores: 2, memoryMb: 4_000, loadAverage: 0.5 },
  tests: [{ test: "nats", instance: 1, verdict: "FAIL", reasons: [], exitCode: 99, summary: null }],
  account: null,
  latencies: [{ path: "a", histogram: "HISTFAAAAA" }],
  timeline: [{ at: 1, published: 1, delivered: 1, backlog: 0, p50: 1, p95: null, p99: 1, max: PERCENTILES.max }],
  health: [{ process: "gateway", role: "target", samples: [], events: [{ at: 1, what: "restarted" }] }],
};
expect(v.is(ResultSchema, RESULT)).toBe(true);

fuzz(
  "a result is whole or refused at a place that is named",
  hostileTexts(RESULT),
  corpus<string>("results"),
  2_000,
  (text) => {
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ResultSchema), text);
    if (!parsed.success) {
      expect(parsed.issues[0].message).toMatch(/./);
      return;
    }
    expect(parsed.output.run).toMatch(RUN_ID);
    expect(v.is(ResultSchema, JSON.parse(JSON.stringify(parsed.output)))).toBe(true);
  },
);

const MESSAGE = JSON.parse(pulseEvents({ seed: 7, chains: ["ethereum"] }).write({ ...TRACE, seq: 0 }).data);
const reader = new EventReader(CHAIN_NUMBERS, "contract");

fuzz("a message is an event or malformed", hostileTexts(MESSAGE), corpus<string>("messages"), 2_000, (text) => {
  const read = attempt(() => reader.read(Buffer.from(text), 0), MalformedEvent);
  if (!(read instanceof ReceivedEvent)) return;
  const frame = JSON.parse(read.frame.toString()) as { data: Record<string, unknown> };
  expect(Object.values(frame.data)).not.toContain(null);
});

const REQUESTS = [
  frames.ping(),
  frames.subscribe({ chains: ["ethereum"], event_types: ["swap"], accounts: ["0x1"], program_ids: [] }, 60),
  frames.listSubscriptions(),
  frames.unsubscribe("sub_1"),
].map((text) => JSON.parse(text) as unknown);

fuzz(
  "a request is understood or refused",
  fc.oneof(...REQUESTS.map(hostileTexts)),
  corpus<string>("requests"),
  2_000,
  (text) => {
    const request = attempt(() => readRequest(text), Refusal);
    if (request instanceof Refusal) return;
    expect(["ping", "subscribe", "list_subscriptions", "unsubscribe"]).toContain(request.type);
    if (request.type !== "subscribe") return;
    expect(
      Object.values(request.filter).every((values) => values.every((one: unknown) => typeof one === "string")),
    ).toBe(true);
    expect(request.ttlSeconds).toBeGreaterThan(0);
  },
);

const pairs = logEvents({ seed: 1, unmatchedShare: 0 }).write(TRACE);
const ENTRY = Object.fromEntries(pairs.flatMap((name, place) => (place % 2 === 0 ? [[name, pairs[place + 1]]] : [])));
const entries = damagedDocument(ENTRY).chain((entry) =>
  fc.constantFrom(...Object.keys(ENTRY)).chain((name) => {
    const text = fc.constant(String((ENTRY as Record<string, unknown>)[name]));
    return damagedText(text).map((damaged) => ({ ...Object(entry), [name]: damaged }) as Record<string, string>);
  }),
);

fuzz("an entry is a webhook or has a problem", entries, corpus<Record<string, string>>("entries"), 2_000, (entry) => {
  const webhook = readEntry(entry);
  if (typeof webhook === "string") {
    expect(webhook).toMatch(/^\w+/);
    return;
  }
  expect(JSON.parse(JSON.stringify(webhook))).toEqual(webhook);
  for (const number of [webhook.block_number, webhook.chain_id, webhook.log_index, webhook.timestamp]) {
    expect(Number.isSafeInteger(number)).toBe(true);
  }
  expect(webhook.topics.every((topic) => /^0x[0-9a-f]{64}$/i.test(topic))).toBe(true);
});

const faultSettings = fc.array(damagedText(fc.constantFrom("drop=1000", "delay=2.5", "not-ready", "forget")), {
  maxLength: 3,
});

fuzz("faults are planted or refused", faultSettings, corpus<string[]>("faults"), 1_000, (all) => {
  for (const table of [PULSE_FAULTS, ETHHOOK_FAULTS]) {
    const planted = attempt(() => parseFaults(all, table), RangeError);
    if (planted instanceof RangeError) expect(planted.message).toContain('fault "');
    else expect(Object.keys(planted)).toHaveLength(all.length);
  }
});

/** What is returned, or the error of the one kind that may be thrown. */
function attempt<Result, Problem extends Error>(
  action: () => Result,
  kind: new (...args: never[]) => Problem,
): Result | Problem {
  try {
    return action();
  } catch (problem) {
    if (problem instanceof kind) return problem;
    throw problem;
  }
}
