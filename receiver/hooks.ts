import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Arrival, IncomingRequest } from "../core/observe.ts";
import { environmentOf } from "../core/ownvariables.ts";
import { safeMessageOf, withoutCredentials } from "../core/redaction.ts";
import { FarEnd } from "./farend.ts";
import type { Runs } from "./runs.ts";
import { unpack } from "./unpacking.ts";

const BODY_LIMIT = 4 * 1024 * 1024;

type Hook = FastifyRequest<{ Params: { "*": string } }>;

/** Accepts requests to any path below /hooks/. */
export async function hookRoutes(
  app: FastifyInstance,
  { runs, now }: { runs: Runs; now: () => number },
): Promise<void> {
  // A signature covers the bytes, so the body stays raw, whatever its content type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (_, body, done) => done(null, body));
  app.addHook("onError", (_, _reply, { message }, done) => {
    const why = message === "aborted" ? "the sender closed the connection before its body was whole" : message;
    waitingIn(runs).at(-1)?.refused(why);
    done();
  });
  app.route({
    method: ["POST", "PUT", "PATCH"],
    url: "/hooks/*",
    handler: async (request, reply) => {
      // When its last byte was read, however long the body took.
      const arrivedAt = now();
      const farEnds = waitingIn(runs);
      const newest = farEnds.at(-1);
      if (newest === undefined) return reply.code(404).send({ error: "no run of this receiver waits for requests" });
      const { body, headers } = request as Hook;
      const bytes = await unpack(Buffer.isBuffer(body) ? body : Buffer.alloc(0), headers["content-encoding"]);
      if (typeof bytes === "string") {
        newest.refused(bytes);
        return reply.code(400).send({ error: bytes });
      }
      const taken = await arrivalsOf(newest, incoming(request as Hook, bytes));
      if (typeof taken === "string") {
        newest.refused(taken);
        return reply.code(401).send({ error: taken });
      }
      reply.code(200).send({ status: "received" });
      for (const arrival of taken) {
        // The identity says which run it belongs to; a text without one counts in the newest run.
        const owners = farEnds.filter((farEnd) => farEnd.carriedBy(arrival.text) !== "");
        for (const farEnd of owners.length > 0 ? owners : [newest]) farEnd.arrived(arrival, arrivedAt);
      }
      return reply;
    },
  });
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
    if (typeof taken === "string") return withoutCredentials(taken);
    const arrivals = [taken].flat() as readonly (Arrival | undefined)[];
    if (arrivals.every((arrival) => typeof arrival?.text === "string")) return arrivals as readonly Arrival[];
    return "receive gives what has no text; allowed: { path, text }, a list of them, or why it is refused";
  } catch (problem) {
    return `receive failed: ${safeMessageOf(problem)}`;
  }
}

/** Of `orders/a/`, too, as some senders write it. */
const lastPartOf = (path: string) => path.split("/").findLast((part) => part !== "") ?? "";

/** @param bytes the decompressed body. */
function incoming(request: Hook, bytes: Buffer): IncomingRequest {
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, [value].flat().join(", ")] as const],
  );
  return {
    path: request.params["*"],
    query: request.query as Record<string, string>,
    headers: Object.fromEntries(headers),
    body: bytes.toString(),
    bytes,
  };
}
