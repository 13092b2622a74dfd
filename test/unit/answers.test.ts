import { describe, expect, test } from "vitest";
import { Freshness } from "../../core/moment.ts";
import {
  claimsHealth,
  correctnessStatus,
  firstBlock,
  gaps,
  halts,
  health,
  manifest,
  manifests,
  problemOf,
  ready,
  watermark,
} from "../../systems/pulse/answers.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const timestamp = new Date(NOW).toISOString();

const CONTRACTS = { health, ready, correctnessStatus, watermark, halts, gaps, manifests, manifest };

type Checked = keyof typeof CONTRACTS;

function problem(name: Checked, body: unknown, { correctness = true } = {}): string | null {
  const asked = { at: NOW, chain: "ethereum", block: 7, correctness, freshness: new Freshness(60_000) };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return problemOf(text, CONTRACTS[name], asked);
}

describe("an answer of the gateway", () => {
  const parts = { watermark: { available: true }, gap_detector: { available: true } };

  test.each<[Checked, unknown]>([
    ["health", { status: "healthy", timestamp }],
    ["health", { status: "healthy", timestamp, errors: [], error: null, version: 3 }],
    ["ready", { ready: true, timestamp }],
    ["correctnessStatus", { timestamp, ...parts }],
    ["watermark", { timestamp, watermarks: [{ chain: "ethereum", block_num: null }] }],
    ["watermark", { ethereum: 18_000_001 }],
    ["watermark", { chain: 2, block: "18000001" }],
    ["halts", { halted: false, conditions: [] }],
    ["gaps", { gaps: [{ chain: "base", from_block: 1, to_block: 2 }] }],
    ["gaps", []],
    ["manifests", { chain: "ethereum", count: 0, manifests: [] }],
    ["manifests", [{ block_num: 7 }]],
    ["manifest", { chain: "ethereum", block_num: 7 }],
    ["manifest", { chain: "Ethereum", block: { hash: "0x1" }, height: 7 }],
    ["manifest", { root: "0x1" }],
    ["watermark", { ethereum: 18_000_001, status: "ok", message: "as of now" }],
    ["gaps", { status: "ok", message: "no gaps" }],
    ["gaps", { gaps: [], code: 0, state: "idle", message: "none" }],
    ["gaps", { stats: { errors: 0, error: null } }],
  ])("is right: %s %j", (name, body) => {
    expect(problem(name, body)).toBeNull();
  });

  test.each<[Checked, unknown, string]>([
    ["health", "<html>", "is not a JSON object"],
    ["health", '"healthy"', "is not a JSON object"],
    ["gaps", "null", "is not a JSON object"],
    ["gaps", {}, "says nothing"],
    ["health", { status: "ok", timestamp }, 'has status: "ok"'],
    ["health", { status: "degraded", timestamp }, "says status degraded"],
    ["health", { status: "healthy" }, "lacks timestamp"],
    ["health", { status: "healthy", timestamp: "2001-01-01T00:00:00Z" }, "25 years behind"],
    ["health", { status: "healthy", timestamp: 0 }, "is no time"],
    ["ready", { ready: false, timestamp }, "has ready: false"],
    ["ready", { ready: "true", timestamp }, 'has ready: "true"'],
    ["correctnessStatus", { timestamp, watermark: { available: true } }, "lacks gap_detector"],
    ["correctnessStatus", { timestamp, ...parts, watermark: { available: false } }, "watermark is unavailable"],
    ["watermark", { error: "internal" }, 'says error: "internal"'],
    ["watermark", { available: false }, "says available: false"],
    ["watermark", { watermarks: [{ chain: "base", block_num: 1 }] }, "chain base, not of ethereum"],
    ["watermark", { timestamp: "2001-01-01T00:00:00Z", watermarks: [] }, "25 years behind"],
    ["halts", { halted: true, conditions: [{ reason: "reorg" }] }, 'is halted: {"reason":"reorg"}'],
    ["halts", { halted: false, conditions: [{ reason: "reorg" }] }, "by a condition"],
    ["halts", { halted: false }, "lacks conditions"],
    ["gaps", { errors: ["detector is gone"] }, "says errors"],
    ["gaps", { success: false }, "says success: false"],
    ["watermark", { code: 500, message: "internal error" }, "says code 500"],
    ["watermark", { statusCode: "503", ethereum: 1 }, "says statusCode 503"],
    ["watermark", { status: "error: redis is gone", ethereum: 1 }, "says status error: redis"],
    ["watermark", { data: { error: "redis is gone" } }, 'says error: "redis is gone"'],
    ["watermark", { err: "redis is gone" }, 'says err: "redis is gone"'],
    ["gaps", { message: "Internal Server Error" }, 'says nothing but message: "Internal Server Error"'],
    ["gaps", { status: "timeout", message: "upstream timed out" }, "says nothing but message"],
    ["health", { status: "starting", message: "waiting for NATS" }, "says nothing but message"],
    ["gaps", { code: 10_001, message: "no detector" }, "says nothing but message"],
    ["gaps", { detail: "no detector", timestamp }, "says nothing but detail"],
    ["gaps", { type: "about:blank", title: "Bad Gateway", status: 502 }, "says status 502"],
    ["gaps", { result: "failed", gaps: [] }, "says result failed"],
    ["gaps", { success: "false", gaps: [] }, "says success: false"],
    ["manifest", { data: null }, "names nothing of the block"],
    ["manifest", [], "names nothing of the block"],
    ["manifests", { chain: "base", manifests: [] }, "chain base, not of ethereum"],
    ["manifest", { chain: "ethereum", block_num: 8 }, "block 8, not of 7"],
    ["manifest", { chain: "ethereum", block_num: 7, error: { code: 500 } }, "says error"],
  ])("is wrong: %s %j: %s", (name, body, words) => {
    expect(problem(name, body)).toContain(words);
  });

  test("without watermark and gap detector is right where it is said to have none", () => {
    const body = { timestamp, watermark: { available: false }, gap_detector: { available: false } };
    expect(problem("correctnessStatus", body)).toContain("watermark and gap_detector are unavailable");
    expect(problem("correctnessStatus", body, { correctness: false })).toBeNull();
  });
});

test.each([
  ['{"chain":"ethereum","count":2,"manifests":[{"block_num":9},{"block_num":8}]}', 9],
  ['{"tags":[],"blocks":["18000001"]}', null],
  ['{"blocks":[18000001]}', 18_000_001],
  ['[{"block":"18000001"}]', 18_000_001],
  ['{"manifests":[]}', null],
  ['{"manifests":{}}', null],
  ["nonsense", null],
  ["null", null],
])("of the list %s the first block is %s", (text, block) => {
  expect(firstBlock(text)).toBe(block);
});

test.each([
  [200, '{"ready":true}', true],
  [200, '{"status":"healthy"}', true],
  [204, "", true],
  [200, "ok", true],
  [200, '{"ready":false}', false],
  [200, '{"status":"degraded"}', false],
  [503, '{"ready":true}', false],
  [0, "", false],
])("status %i with %s claims health: %s", (status, body, claims) => {
  expect(claimsHealth(status, body)).toBe(claims);
});
