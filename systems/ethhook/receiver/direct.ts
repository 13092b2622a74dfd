import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Direct } from "../../../receiver/kind.ts";
import type { RequestHeaders } from "../../../receiver/signatures/schemes.ts";
import { type Answer, type Outcome, take, type WebhookOptions } from "./intake.ts";

/** A webhook of one log entry is under 2 kB. */
export const BODY_LIMIT = 256 * 1024;

/** With a name that the router, too, would take as it is. */
const PATH = /^\/webhook(?:\/([\w.~-]+))?$/;

/** Most answers that are held for each other. */
const AT_ONCE = 100;

type Respond = (reply: ServerResponse, outcome: Outcome) => void;

const NOTHING = Buffer.alloc(0);

/**
 * Takes webhooks past the router, whose hooks and parsers took a third of the time of one. Those that are not usual, such
 * as one without a length, go through it.
 */
export function directly(options: WebhookOptions): Direct {
  const { traffic, now } = options;
  const respond = together(responder(options.answer));
  return (request, reply) => {
    const path = isUsual(request) ? PATH.exec(request.url as string) : null;
    if (path === null) return false;
    const headersAt = now();
    traffic.arrived(headersAt);
    let body: Buffer = NOTHING;
    request.on("data", (chunk: Buffer) => {
      body = body === NOTHING ? chunk : Buffer.concat([body, chunk]);
    });
    const aborted = () => traffic.refused("bad body");
    request.on("error", aborted);
    request.on("end", () => {
      // A sender that goes before it is answered has sent its webhook.
      request.off("error", aborted);
      const headers = headersOf(request.headers);
      const failed = (problem: unknown) => {
        traffic.refused("bad body");
        respond(reply, { status: 500, error: String(problem) });
      };
      try {
        const outcome = take(options, { name: path[1], headers, body, headersAt, arrivedAt: now() });
        if (outcome instanceof Promise) outcome.then((one) => respond(reply, one)).catch(failed);
        else respond(reply, outcome);
      } catch (problem) {
        failed(problem);
      }
    });
    return true;
  };
}

/**
 * Answers requests that were read together one after the other. Between two answers their sender would fall asleep, and to
 * wake it took half of the time of a webhook.
 */
function together(respond: Respond): Respond {
  let waiting: Parameters<Respond>[] = [];
  const answerAll = () => {
    const due = waiting;
    waiting = [];
    for (const [reply, outcome] of due) respond(reply, outcome);
  };
  return (reply, outcome) => {
    if (waiting.push([reply, outcome]) === 1) setImmediate(answerAll);
    // None waits for thousands that came with it; the call that is due finds nothing, or what came since.
    else if (waiting.length === AT_ONCE) answerAll();
  };
}

function isUsual({ method, headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return method === "POST" && length !== undefined && Number(length) <= BODY_LIMIT;
}

/** Answers requests, those that are taken as a sender was promised. */
export function responder(answer: Answer): Respond {
  const { status, body } = answer;
  const head = headersOfAnswer(answer);
  return (reply, outcome) => {
    if (outcome === "taken") reply.writeHead(status, head).end(body);
    else if (outcome === "drop") reply.req.socket.destroy();
    else {
      const text = JSON.stringify({ error: outcome.error });
      reply.writeHead(outcome.status, headersOfAnswer({ body: text })).end(text);
    }
  };
}

function headersOfAnswer({ body }: Pick<Answer, "body">): string[] {
  if (body === "") return ["content-length", "0"];
  const type = body.startsWith("{") ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
  return ["content-type", type, "content-length", String(Buffer.byteLength(body))];
}

/** Headers that came once; Node has their names in small letters, and makes a list of no other one than this. */
export function headersOf(headers: IncomingHttpHeaders): RequestHeaders {
  if (headers["set-cookie"] === undefined) return headers as RequestHeaders;
  const single = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(single);
}
