import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { WordsSchema } from "../core/report.ts";
import { type Word, Words } from "../core/words.ts";
import type { Run } from "./run.ts";
import type { Runs } from "./runs.ts";

/** The target's words when it refused events, by run; they are forgotten with their run. */
export class RunWords {
  private readonly byRun = new WeakMap<Run, Map<string, Words>>();

  /** Enters the words that one virtual user received. */
  enter(run: Run, { test, words: list }: v.InferOutput<typeof WordsSchema>): void {
    const byTest = this.byRun.get(run) ?? new Map<string, Words>();
    this.byRun.set(run, byTest);
    const words = byTest.get(test) ?? new Words();
    byTest.set(test, words);
    for (const { kind, text, count } of list) words.count(kind, text, count);
  }

  /** The sums over all instances, by test. */
  of(run: Run): Readonly<Record<string, readonly Word[]>> {
    return Object.fromEntries([...(this.byRun.get(run) ?? [])].map(([test, words]) => [test, words.list()]));
  }
}

type WordsRequest = FastifyRequest<{ Params: { run: string } }>;

/** Routes to report a target's words, and to read the sums over all instances. */
export function addWordRoutes(app: FastifyInstance, runs: Runs, path: string, runWords: RunWords): void {
  app.post(`${path}/words`, (request: WordsRequest, reply) => {
    const run = runs.get(request.params.run);
    if (run === undefined) return reply.code(404).send({ error: `run ${request.params.run} was never opened` });
    const parsed = v.safeParse(WordsSchema, request.body, { abortEarly: true });
    if (!parsed.success) return reply.code(422).send({ error: parsed.issues[0].message });
    runWords.enter(run, parsed.output);
    return { status: "received" };
  });
  app.get(`${path}/words`, (request: WordsRequest, reply) => {
    const run = runs.get(request.params.run);
    if (run === undefined) return reply.code(404).send({ error: `run ${request.params.run} was never opened` });
    return runWords.of(run);
  });
}
