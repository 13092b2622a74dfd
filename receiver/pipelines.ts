/** The far ends of users' pipelines, observed as their files declare. */
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { FastifyInstance } from "fastify";
import type { AnyPipeline } from "../core/pipeline.ts";
import { type FarEndOpening, FarEndSchema, ObservedSchema } from "../core/report.ts";
import { runNumber } from "../core/trace.ts";
import { FarEndAccess } from "./access.ts";
import { FarEnd } from "./farend.ts";
import { hookRoutes, hooksDirectly } from "./hooks.ts";
import { type FarEndKind, FarEndProblem } from "./kind.ts";
import { found, RUN, type RunRequest, read } from "./reading.ts";
import type { Runs } from "./runs.ts";
import { describeUncaught } from "./uncaught.ts";

/** Kinds of far ends that the receiver polls or consumes with the pipeline's code. */
const LOOKED_AT: readonly FarEndOpening["kind"][] = ["rows", "list", "stream", "count"];

export const pipelines: FarEndKind<readonly AnyPipeline[], FarEndOpening> = {
  opening: FarEndSchema,
  workload: (part) => ({ pipeline: part.pipeline, "far end": part }),
  addFlags: (program) =>
    void program.option(
      "--pipeline <file>",
      "a pipeline of your own, as throughline build makes it; may be repeated",
      (file: string, earlier: readonly string[]) => [...earlier, file],
      [],
    ),
  readFlags(flags) {
    const { pipeline: files } = flags as { readonly pipeline: readonly string[] };
    if (files.length > 0) reportUncaught(files.map((file) => resolve(file)));
    return Promise.all(files.map(loadPipeline));
  },
  open: (known = [], { runs, now }) => ({
    refusalOf({ pipeline, kind, judges }) {
      // Without the code, wrong signatures or changed content would pass.
      const needsCode = judges === true || LOOKED_AT.includes(kind);
      if (!needsCode || known.some(({ name }) => name === pipeline)) return null;
      return `this receiver does not know pipeline ${pipeline}; start it with --pipeline dist/node/${pipeline}.mjs`;
    },
    observe(opening, { id, seed, variants }, observed) {
      const pipeline = known.find(({ name }) => name === opening.pipeline) ?? null;
      return new FarEnd({ seed, variants, number: runNumber(id), opening, pipeline }, observed);
    },
    direct: hooksDirectly({ runs, now }),
    // Those that are answered together are so one turn later.
    drain: () => new Promise((resolve) => setImmediate(resolve)),
    async routes(app) {
      addObservedRoute(app, runs);
      await app.register(hookRoutes, { runs, now });
    },
  }),
};

/** Accepts reports of external observers. */
function addObservedRoute(app: FastifyInstance, runs: Runs): void {
  app.post(`${RUN}/observed`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const report = run && read(ObservedSchema, request, reply);
    if (run === undefined || report === undefined) return reply;
    const farEnd = run.observer(FarEnd);
    if (farEnd === undefined) return reply.code(422).send({ error: `run ${run.id} was opened without a far end` });
    return { identities: farEnd.reported(report.arrivals), draining: run.draining, settled: run.settled };
  });
}

/** Attributes uncaught errors to the user's file that they come from. */
function reportUncaught(bundles: readonly string[]): void {
  process.on("uncaughtException", (problem) => {
    console.error(`receiver: ${describeUncaught(problem, fileURLToPath(import.meta.url), bundles)}`);
    process.exit(1);
  });
}

/** @throws FarEndProblem when the file does not exist or its code fails. */
async function loadPipeline(file: string): Promise<AnyPipeline> {
  try {
    const { default: pipeline } = (await import(pathToFileURL(resolve(file)).href)) as { default: AnyPipeline };
    refuseUnusable(pipeline);
    return pipeline;
  } catch (problem) {
    if (problem instanceof FarEndProblem) throw problem;
    throw new FarEndProblem(
      `--pipeline ${file}: ${problem instanceof Error ? (problem.stack ?? problem.message) : problem}`,
    );
  }
}

/** Reports unusable credentials before a run needs them. */
function refuseUnusable(pipeline: AnyPipeline): void {
  try {
    new FarEndAccess(pipeline, process.env);
  } catch (problem) {
    throw new FarEndProblem((problem as Error).message);
  }
}
