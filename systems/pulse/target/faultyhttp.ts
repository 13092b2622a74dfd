import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { PulseFaults } from "./faults.ts";
import { timestamp } from "./time.ts";

/** An outgoing answer. */
interface OutgoingAnswer {
  readonly path: string;
  status: number;
  body: Record<string, unknown>;
}

type Spoil = (answer: OutgoingAnswer) => void;

const OLD = "2001-01-01T00:00:00Z";

/** Faults of HTTP answers. */
export function plantHttpFaults(server: FastifyInstance, faults: PulseFaults): void {
  const late = faults["slow-http"];
  if (late !== undefined) server.addHook("onRequest", () => pause(late));
  const stall = faults["stall-http"];
  if (stall !== undefined) {
    const started = performance.now();
    server.addHook("onRequest", async () => {
      const left = stall.period - ((performance.now() - started) % stall.period);
      if (left <= stall.length) await pause(left);
    });
  }
  const spoils = spoilsOf(faults);
  if (spoils.length === 0) return;
  server.addHook("onSend", async (request, reply, payload) => {
    if (typeof payload !== "string" || !payload.startsWith("{")) return payload;
    const path = request.url.split("?")[0] as string;
    const answer = { path, status: reply.statusCode, body: JSON.parse(payload) as Record<string, unknown> };
    for (const spoil of spoils) spoil(answer);
    const text = JSON.stringify(answer.body);
    reply.code(answer.status).header("content-length", Buffer.byteLength(text));
    return text;
  });
}

function spoilsOf(faults: PulseFaults): Spoil[] {
  const spoils: Spoil[] = [];
  const { halted, unavailable } = faults;
  const erring = faults["error-body"];
  if (erring !== undefined) spoils.push(erringAt(erring, { error: "internal error", code: 500 }));
  const problem = faults["problem-body"];
  if (problem !== undefined) spoils.push(erringAt(problem, { message: "Internal Server Error" }));
  if (halted) spoils.push(at(/\/halts$/, { halted: true, conditions: [{ reason: "reorg too deep" }] }));
  if (unavailable) {
    spoils.push(at(/\/status$/, { watermark: { available: false }, gap_detector: { available: false } }));
  }
  if (faults["lost-blocks"]) {
    spoils.push((answer) => {
      if (/\/manifests\/[^/]+\/\d+$/.test(answer.path)) become(answer, 404, { error: "unknown block" });
    });
  }
  if (faults["claims-ready"]) {
    spoils.push((answer) => {
      if (answer.path === "/ready") become(answer, 200, { ready: true, timestamp: timestamp() });
    });
  }
  if (faults["old-timestamps"]) spoils.push(dated(OLD));
  if (faults["frozen-timestamps"]) spoils.push(dated(timestamp()));
  return spoils;
}

function become(answer: OutgoingAnswer, status: number, body: Record<string, unknown>): void {
  answer.status = status;
  answer.body = body;
}

function at(path: RegExp, fields: Record<string, unknown>): Spoil {
  return (answer) => {
    if (path.test(answer.path)) Object.assign(answer.body, fields);
  };
}

function erringAt(endpoint: string, body: Record<string, unknown>): Spoil {
  const path = new RegExp(`/${endpoint}(/|$)`);
  return (answer) => {
    if (answer.status === 200 && path.test(answer.path)) answer.body = body;
  };
}

function dated(time: string): Spoil {
  return ({ body }) => {
    if (body["timestamp"] !== undefined) body["timestamp"] = time;
  };
}
