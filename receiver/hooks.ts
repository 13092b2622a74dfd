import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Arrival, IncomingRequest } from "../core/observe.ts";
import { environmentOf } from "../core/ownvariables.ts";
import { safeMessageOf, saidIn } from "../core/redaction.ts";
import { headOf, pastRouter, together } from "./direct.ts";
import { FarEnd } from "./farend.ts";
import type { Direct } from "./kind.ts";
import type { Runs } from "./runs.ts";
import { thrownAt } from "./thrownat.ts";
import { textOf, unpack } from "./unpacking.ts";

const BODY_LIMIT = 4 * 1024 * 1024;

const METHODS = ["POST", "PUT", "PATCH"];
const BROKEN_OFF = "the sender closed the connection before its body was whole";

type Hook = FastifyRequest<{ Params: { "*": string }; Querystring: Record<string, string> }>;

interface Place {
  readonly runs: Runs;
  readonly now: () => number;
}

/** A request as it came. */
interface RawRequest {
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a request is answered with, and what is done once it is. */
interface Taken {
  readonly status: number;
  readonly answer: object;
  account?(): void;
}

/** Takes requests to plain paths below /hooks/ past the router. */
export function hooksDirectly(place: Place): Direct {
  const answering = together();
  return pastRouter({
    methods: METHODS,
    path: /^\/hooks\/([\w.~/-]*)$/,
    bodyLimit: BODY_LIMIT,
    broken: () => waitingIn(place.runs).at(-1)?.refused(BROKEN_OFF),
    begun:
      ({ headers }, reply, path) =>
      (body) => {
        const respond = ({ status, answer, account }: Taken) => {
          const text = JSON.stringify(answer);
          const rest = () => {
            try {
              account?.();
            } catch (problem) {
              waitingIn(place.runs).at(-1)?.refused(safeMessageOf(problem));
            }
          };
          answering(() => void reply.writeHead(status, headOf(text)).end(text), rest);
        };
        const failed = (problem: unknown) => respond({ status: 500, answer: { error: safeMessageOf(problem) } });
        take(place, { path: path ?? "", query: {}, headers, body })
          .then(respond)
          .catch(failed);
      },
  });
}

/** Accepts requests to any path below /hooks/. */
export async function hookRoutes(app: FastifyInstance, place: Place): Promise<void> {
  // A signature covers the bytes, so the body stays raw, whatever its content type.
  app.removeAllContentTypeParsers();
  // The router would refuse what is no type.
  app.addHook("onRequest", (request, _, done) => {
    if (request.headers["content-type"] !== undefined) request.headers = { "content-type": "application/octet-stream" };
    done();
  });
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_, body, done) => done(null, body));
  app.addHook("onError", (_, _reply, { message }, done) => {
    const why = message === "aborted" ? BROKEN_OFF : message;
    waitingIn(place.runs).at(-1)?.refused(why);
    done();
  });
  app.route({
    method: METHODS,
    url: "/*",
    handler: (request, reply) => {
      const { body, url } = request as Hook;
      const path = url.split("?")[0] ?? "";
      const text = Buffer.isBuffer(body) ? body.toString() : "";
      for (const farEnd of waitingIn(place.runs)) farEnd.outside(path, text);
      reply.code(404).send({ error: `${request.method} ${path}: not found; webhooks go to /hooks/ and a path` });
    },
  });
  app.route({
    method: METHODS,
    url: "/hooks/*",
    handler: async (request, reply) => {
      const { params, query, body } = request as Hook;
      const { headers } = request.raw;
      const raw = { path: params["*"], query, headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) };
      const { status, answer, account } = await take(place, raw);
      reply.code(status).send(answer);
      account?.();
      return reply;
    },
  });
}

/** Checks a request whose last byte was read just now, however long it took. */
async function take({ runs, now }: Place, { path, query, headers, body }: RawRequest): Promise<Taken> {
  const arrivedAt = now();
  const farEnds = waitingIn(runs);
  const newest = farEnds.at(-1);
  if (newest === undefined) return { status: 404, answer: { error: "no run of this receiver waits for requests" } };
  const refused = (status: number, error: string, text?: string): Taken => {
    newest.refused(error, text);
    return { status, answer: { error } };
  };
  const encoding = headers["content-encoding"];
  const bytes = encoding === undefined ? body : await unpack(body, encoding);
  if (typeof bytes === "string") return refused(400, bytes);
  const text = textOf(bytes, headers["content-type"]);
  const taken = await arrivalsOf(newest, { path, query, headers: joined(headers), body: text, bytes });
  if (typeof taken === "string") return refused(401, taken, text);
  const account = () => {
    for (const arrival of taken) {
      // The identity says which run it belongs to; a text without one counts in the newest run.
      const owners = farEnds.length > 1 ? farEnds.filter((farEnd) => farEnd.carriedBy(arrival.text) !== "") : [];
      for (const farEnd of owners.length > 0 ? owners : [newest]) farEnd.arrived(arrival, arrivedAt);
    }
  };
  return { status: 200, answer: { status: "received" }, account };
}

/** The far ends that wait for requests, from the oldest run to the newest. */
function waitingIn(runs: Runs): readonly FarEnd[] {
  return runs.all().flatMap((run) => {
    const farEnd = run.observer(FarEnd);
    return farEnd?.kind === "request" ? [farEnd] : [];
  });
}

/** The arrivals in a request, as its pipeline declares, or the reason for refusing it. */
async function arrivalsOf(farEnd: FarEnd, request: IncomingRequest) {
  const { pipeline } = farEnd.run;
  const receive = pipeline?.observe.kind === "request" ? pipeline.observe.receive : undefined;
  if (pipeline === null || receive === undefined) return [{ path: lastPartOf(request.path), text: request.body }];
  try {
    const taken = await receive(request, environmentOf(pipeline, process.env));
    if (typeof taken === "string") return saidIn(taken);
    const arrivals = [taken].flat() as readonly (Arrival | undefined)[];
    if (arrivals.every((arrival) => typeof arrival?.text === "string")) return arrivals as readonly Arrival[];
    return "receive gives what has no text; allowed: { path, text }, a list of them, or why it is refused";
  } catch (problem) {
    const place = thrownAt(problem);
    const name = problem instanceof Error ? `${problem.name}: ` : "";
    return `${place === null ? "" : `${place}: `}receive() throws ${name}${safeMessageOf(problem)}`;
  }
}

/** Of `orders/a/`, too, as some senders write it. */
const lastPartOf = (path: string) => path.split("/").findLast((part) => part !== "") ?? "";

/** Headers that came several times as one text. */
function joined(headers: IncomingHttpHeaders): Record<string, string> {
  const each = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(", ")] as const],
  );
  return Object.fromEntries(each);
}
