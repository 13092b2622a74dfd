import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { headOf, pastRouter, together } from "../../../receiver/direct.ts";
import type { Direct } from "../../../receiver/kind.ts";
import type { RequestHeaders } from "../../../receiver/signatures/schemes.ts";
import { type Answer, type Outcome, take, type WebhookOptions } from "./intake.ts";

/** A webhook of one log entry is under 2 kB. */
export const BODY_LIMIT = 256 * 1024;

type Respond = (reply: ServerResponse, outcome: Outcome) => void;

/** Takes webhooks past the router. */
export function directly(options: WebhookOptions): Direct {
  const { traffic, now } = options;
  const respond = responder(options.answer);
  const answering = together();
  return pastRouter({
    methods: ["POST"],
    path: /^\/webhook(?:\/([\w.~-]+))?$/,
    bodyLimit: BODY_LIMIT,
    broken: () => traffic.refused("bad body"),
    begun(request, reply, name) {
      const headersAt = now();
      traffic.arrived(headersAt);
      const answer = (outcome: Outcome) => answering(() => respond(reply, outcome));
      const failed = (problem: unknown) => {
        traffic.refused("bad body");
        answer({ status: 500, error: String(problem) });
      };
      return (body) => {
        const headers = headersOf(request.headers);
        try {
          const outcome = take(options, { name, headers, body, headersAt, arrivedAt: now() });
          if (outcome instanceof Promise) outcome.then(answer).catch(failed);
          else answer(outcome);
        } catch (problem) {
          failed(problem);
        }
      };
    },
  });
}

/** Answers requests, those that are taken as a sender was promised. */
export function responder({ status, body }: Answer): Respond {
  const head = headOf(body);
  return (reply, outcome) => {
    if (outcome === "taken") reply.writeHead(status, head).end(body);
    else if (outcome === "drop") reply.req.socket.destroy();
    else {
      const text = JSON.stringify({ error: outcome.error });
      reply.writeHead(outcome.status, headOf(text)).end(text);
    }
  };
}

/** Headers that came once; Node has their names in small letters, and makes a list of no other one than this. */
export function headersOf(headers: IncomingHttpHeaders): RequestHeaders {
  if (headers["set-cookie"] === undefined) return headers as RequestHeaders;
  const single = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(single);
}
