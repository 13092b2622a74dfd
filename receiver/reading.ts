/** Reads a request's run and body for the routes. */
import type { FastifyReply, FastifyRequest } from "fastify";
import * as v from "valibot";
import { RUN_ID } from "../core/runid.ts";
import type { Run } from "./run.ts";
import type { Runs } from "./runs.ts";

/** Route prefix; only valid run ids match. */
export const RUN = `/runs/:run(${RUN_ID.source})`;

export type RunRequest = FastifyRequest<{ Params: { run: string } }>;

/** The run of a request; answers 404 when there is none. */
export function found(runs: Runs, request: RunRequest, reply: FastifyReply): Run | undefined {
  const run = runs.get(request.params.run);
  if (run === undefined) void reply.code(404).send({ error: `run ${request.params.run} was never opened` });
  return run;
}

/** Parses a body by its schema; answers 422 with the first invalid field. */
export function read<S extends v.GenericSchema>(schema: S, request: FastifyRequest, reply: FastifyReply) {
  const parsed = v.safeParse(schema, request.body, { abortEarly: true });
  if (parsed.success) return parsed.output as v.InferOutput<S>;
  const [issue] = parsed.issues;
  void reply.code(422).send({ error: `${v.getDotPath(issue) ?? "body"}: ${issue.message}` });
  return undefined;
}
