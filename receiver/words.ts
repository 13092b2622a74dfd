import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { type Word, Words, WordsSchema } from "../core/words.ts";
import type { Run } from "./run.ts";
import type { Runs } from "./runs.ts";

type WordsRequest = FastifyRequest<{ Params: { run: string } }>;

/** The routes by which tests tell in what words the target refused them, and read the sums of all instances. */
export function addWordRoutes(app: FastifyInstance, runs: Runs, path: string): void {
  // They go with their run.
  const told = new WeakMap<Run, Map<string, Words>>();
  app.post(`${path}/words`, (request: WordsRequest, reply) => {
    const run = runs.get(request.params.run);
    if (run === undefined) return reply.code(404).send({ error: `run ${request.params.run} was never opened` });
    const parsed = v.safeParse(WordsSchema, request.body, { abortEarly: true });
    if (!parsed.success) return reply.code(422).send({ error: parsed.issues[0].message });
    const byTest = told.get(run) ?? new Map<string, Words>();
    told.set(run, byTest);
    const words = byTest.get(parsed.output.test) ?? new Words();
    byTest.set(parsed.output.test, words);
    for (const { kind, text, count } of parsed.output.words) words.count(kind, text, count);
    return { status: "received" };
  });
  app.get(`${path}/words`, (request: WordsRequest, reply) => {
    const run = runs.get(request.params.run);
    if (run === undefined) return reply.code(404).send({ error: `run ${request.params.run} was never opened` });
    const lists = [...(told.get(run) ?? [])].map(([test, words]): [string, Word[]] => [test, words.list()]);
    return Object.fromEntries(lists);
  });
}
