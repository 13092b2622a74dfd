import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EntryTemplate, type Template, writeEntry } from "../../core/template.ts";
import { readTraceHash, TRACE_HASH_LENGTH, type Trace, traceHash } from "../../core/trace.ts";
import { topicHash } from "../../systems/ethhook/cli/topics.ts";
import { type Endpoint, selects } from "../../systems/ethhook/endpoint.ts";
import { ENDPOINTS, NEVER_MATCHING } from "../../systems/ethhook/endpoints.ts";
import { logEvents } from "../../systems/ethhook/pipeline.ts";
import { SIGNATURES, TOPICS } from "../../systems/ethhook/sepolia.ts";
import { readEntry } from "../../systems/ethhook/target/entry.ts";
import type { LogVariant } from "../../systems/ethhook/variants.ts";
import {
  blockNumber,
  damagedField,
  endpointSelector,
  FIELDS,
  LOGS_PER_BLOCK,
  logVariantIndex,
  oneOfEach,
  UNWANTED,
  variantsOf,
  WANTED,
  type Webhook,
} from "../../systems/ethhook/wire.ts";

const traces: fc.Arbitrary<Trace> = fc.record({
  run: fc.nat({ max: 2 ** 32 - 1 }),
  publisher: fc.nat({ max: 0xffff }),
  seq: fc.nat({ max: 2 ** 32 - 1 }),
  publishedAt: fc.nat({ max: 2_000_000_000_000_000 }).map((micros) => micros / 1000),
});
const workloads = fc.record({
  seed: fc.nat({ max: 2 ** 32 - 1 }),
  unmatchedShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

describe("a trace hash", () => {
  test("is 32 bytes and gives back the trace", () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const hash = traceHash(trace);
        expect(hash).toMatch(/^0x[0-9a-f]{64}$/);
        expect(hash).toHaveLength(TRACE_HASH_LENGTH);
        expect(readTraceHash(hash)).toEqual(trace);
      }),
    );
  });

  test("with one digit changed is no trace", () => {
    const digits = fc.integer({ min: 2, max: TRACE_HASH_LENGTH - 1 });
    fc.assert(
      fc.property(traces, digits, fc.integer({ min: 1, max: 15 }), (trace, place, by) => {
        const hash = traceHash(trace);
        const digit = ((Number.parseInt(hash[place] as string, 16) + by) % 16).toString(16);
        expect(readTraceHash(hash.slice(0, place) + digit + hash.slice(place + 1))).toBeNull();
      }),
    );
  });

  test("is not seen in other hashes", () => {
    expect(readTraceHash(TOPICS.transfer)).toBeNull();
    expect(readTraceHash("")).toBeNull();
  });
});

test.each(Object.entries(SIGNATURES))("the topic of %s is the hash of its signature", (name, signature) => {
  expect(TOPICS[name as keyof typeof TOPICS]).toBe(topicHash(signature));
});

describe("an endpoint selects", () => {
  const endpoint: Endpoint = {
    name: "any",
    contract_addresses: null,
    event_signatures: null,
    chain_ids: null,
    is_active: true,
  };
  const event = { chainId: 1, contract: "0xAbCd", topics: ["0xaa", "0xbb"] };

  test.each<[Partial<Endpoint>, boolean]>([
    [{}, true],
    [{ is_active: false }, false],
    [{ chain_ids: [2, 1] }, true],
    [{ chain_ids: [2] }, false],
    [{ chain_ids: [] }, false],
    [{ contract_addresses: ["0xaBcD"] }, true],
    [{ contract_addresses: ["0xabce"] }, false],
    [{ event_signatures: ["0xaa"] }, true],
    [{ event_signatures: ["0xbb", "0xaa"] }, true],
    [{ event_signatures: [] }, true],
    [{ event_signatures: ["0xAA"] }, false],
    [{ event_signatures: ["0xaa", "0xcc"] }, false],
  ])("by %j: %s", (rule, expected) => {
    expect(selects({ ...endpoint, ...rule }, event)).toBe(expected);
  });
});

describe("the workload", () => {
  test("has an endpoint for every wanted variant, and none for the others", () => {
    const wanting = (variant: LogVariant) => ENDPOINTS.filter((endpoint) => selects(endpoint, variant)).length;
    expect(WANTED.map(wanting)).toEqual(WANTED.map(() => 1));
    expect(UNWANTED.map(wanting)).toEqual(UNWANTED.map(() => 0));
    expect(variantsOf({}).some((variant) => selects(NEVER_MATCHING, variant))).toBe(false);
    expect(new Set(WANTED.map(({ contract }) => contract)).size).toBe(5);
  });

  test("holds the share of unmatched events that was asked for", () => {
    const selectors = ENDPOINTS.map((endpoint) => endpointSelector({ seed: 9, unmatchedShare: 0.25 }, endpoint));
    let unmatched = 0;
    for (let seq = 0; seq < 20_000; seq++) if (!selectors.some((selected) => selected(seq))) unmatched++;
    expect(unmatched / 20_000).toBeCloseTo(0.25, 1);
  });

  test("reaches every endpoint with one event of each variant", () => {
    fc.assert(
      fc.property(workloads, (workload) => {
        const seqs = oneOfEach(workload);
        const indexes = seqs.map((seq) => logVariantIndex({ ...workload, unmatchedShare: 0 }, seq));
        expect(new Set(indexes).size).toBe(WANTED.length);
      }),
    );
  });
});

describe("an entry", () => {
  const entries = fc.tuple(workloads, traces);
  const asObject = (entry: readonly string[]) =>
    Object.fromEntries(entry.flatMap((name, place) => (place % 2 === 0 ? [[name, entry[place + 1] as string]] : [])));

  test("has the nine fields of the contract in order, and becomes the webhook that is expected", () => {
    fc.assert(
      fc.property(entries, ([workload, trace]) => {
        const entry = logEvents(workload).write(trace);
        expect(entry.filter((_, place) => place % 2 === 0)).toEqual(FIELDS);
        const webhook = readEntry(asObject(entry)) as Webhook;
        expect(webhook).toMatchObject({ block_number: blockNumber(trace.seq), log_index: trace.seq % LOGS_PER_BLOCK });
        expect(readTraceHash(webhook.transaction_hash)).toEqual(trace);
        expect(damagedField(webhook, workload, trace)).toBeNull();
      }),
    );
  });

  test("published just before a second's end has the second that its trace is rounded to", () => {
    const workload = { seed: 1, unmatchedShare: 0 };
    const trace = { run: 1, publisher: 1, seq: 1, publishedAt: 1_700_000_000_999.9998 };
    const webhook = readEntry(asObject(logEvents(workload).write(trace))) as Webhook;
    const read = readTraceHash(webhook.transaction_hash) as Trace;
    expect(damagedField(webhook, workload, read)).toBeNull();
  });

  test("is written by its template as well", () => {
    fc.assert(
      fc.property(entries, ([workload, trace]) => {
        expect(writeEntry(logEvents(workload).template() as Template<EntryTemplate>, trace)).toEqual(
          logEvents(workload).write(trace),
        );
      }),
    );
  });

  test("that lost or changed a field on the way is damaged", () => {
    const workload = { seed: 1, unmatchedShare: 0 };
    const trace = { run: 1, publisher: 1, seq: 1, publishedAt: 1_700_000_000_000 };
    const webhook = readEntry(asObject(logEvents(workload).write(trace))) as Webhook;
    for (const name of Object.keys(webhook) as (keyof Webhook)[]) {
      if (name === "transaction_hash") continue;
      const wrong = name === "topics" ? [TOPICS.swap] : typeof webhook[name] === "number" ? 7 : "0x";
      expect(damagedField({ ...webhook, [name]: wrong }, workload, trace)).toBe(name);
    }
  });

  test.each(FIELDS)("without %s is malformed, and says so", (field) => {
    const entry = asObject(
      logEvents({ seed: 1, unmatchedShare: 0 }).write({ run: 1, publisher: 1, seq: 1, publishedAt: 1e12 }),
    );
    const { [field]: _, ...rest } = entry;
    expect(readEntry(rest)).toContain(field);
    expect(readEntry({ ...entry, [field]: "spoilt" })).toContain(field);
  });
});
