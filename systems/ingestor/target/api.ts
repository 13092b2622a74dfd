import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { createClient } from "@redis/client";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import * as v from "valibot";
import { PENDING_LIST } from "../wire.ts";
import type { IngestorFaults } from "./faults.ts";
import { PostedSchema, type QueuedMessage } from "./message.ts";

/** Room for two thousand characters of four bytes each, written as JSON escapes. */
const BODY_LIMIT = 64 * 1024;

/** Invalid UTF-8 is rejected instead of being replaced. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Longer bodies are cut off. */
const READ_LIMIT = 16 * 1024 * 1024;

interface ApiOptions {
  /** Fails at once while Redis is away, instead of waiting. */
  readonly redis: ReturnType<typeof createClient>;
  readonly faults: IngestorFaults;
}

/** The HTTP side: what it answers with 201 is in the pending list. */
export function makeApi({ redis, faults }: ApiOptions): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  const requests = { inFlight: 0, peak: 0, total: 0 };
  let accepted = 0;
  let answered = 0;
  let lastId = "";

  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", async (_: FastifyRequest, body: IncomingMessage) =>
    parse(await read(body)),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const { statusCode = 500, message } = error;
    return reply.code(statusCode).send({ detail: message });
  });

  app.get("/health", async (_, reply) => {
    try {
      const length = await redis.lLen(PENDING_LIST);
      return { status: "healthy", redis: "connected", queue_length: length, requests };
    } catch {
      return reply.code(503).send({ status: "unhealthy", redis: "disconnected", queue_length: null, requests });
    }
  });

  app.post("/messages", async (request, reply) => {
    requests.total++;
    requests.inFlight++;
    requests.peak = Math.max(requests.peak, requests.inFlight);
    try {
      if (faults.slow !== undefined) await pause(faults.slow);
      const posted = v.safeParse(PostedSchema, request.body, { abortEarly: true });
      if (!posted.success) {
        const [issue] = posted.issues;
        return reply
          .code(faults.fragile ? 500 : 422)
          .send({ detail: `${v.getDotPath(issue) ?? "body"}: ${issue.message}` });
      }
      if (faults.narrow !== undefined && posted.output.content.length > faults.narrow) {
        return reply.code(422).send({ detail: `content: more than ${faults.narrow} characters` });
      }
      const repeats = faults["repeat-id"] !== undefined && ++answered % faults["repeat-id"] === 0;
      const queued: QueuedMessage = {
        message_id: repeats ? lastId : randomBytes(faults["short-ids"] ? 1 : 8).toString("hex"),
        ...posted.output,
        created_at: new Date().toISOString(),
      };
      lastId = queued.message_id;
      const forgotten = faults.drop !== undefined && ++accepted % faults.drop === 0;
      if (!forgotten) await redis.rPush(PENDING_LIST, JSON.stringify(queued));
      return reply.code(201).send({ message_id: queued.message_id, status: "queued", queued_at: queued.created_at });
    } catch {
      return reply.code(503).send({ detail: "Redis is not available" });
    } finally {
      requests.inFlight--;
    }
  });
  return app;
}

/**
 * Reads a body to its end, even if it is too large: if the connection is closed while the client still sends, the
 * client may lose the response (RFC 9112, section 9.6).
 *
 * @throws with status 413 for a body that is too large.
 */
async function read(body: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > READ_LIMIT) break;
    if (size <= BODY_LIMIT) chunks.push(chunk);
  }
  if (size > BODY_LIMIT) throw failure(413, `the body is larger than ${BODY_LIMIT} bytes`);
  return Buffer.concat(chunks);
}

/** @throws with status 422 for invalid JSON. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw failure(422, "the body is not JSON in UTF-8");
  }
}

function failure(statusCode: number, message: string): Error {
  return Object.assign(new Error(message), { statusCode });
}
