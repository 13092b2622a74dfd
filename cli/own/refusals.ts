/** What the compiler of a user's file does not see, refused before any load, with the line. */
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Metafile } from "esbuild";
import leven from "leven";
import { type AnyEndpoints, defineEndpoints } from "../../core/endpoints.ts";
import { combinations, made } from "../../core/made.ts";
import { metricOf } from "../../core/metrics.ts";
import { type AnyPipeline, definePipeline } from "../../core/pipeline.ts";
import { shape } from "../../core/shape.ts";
import { objectivesOf, objectivesOfVisits, refuseVariables } from "../../systems/own.ts";

/** Whether a module is one of Node's. */
export const isBuiltin = (path: string) => path.startsWith("node:") || builtinModules.includes(path);

/** What the code says that stands for k6 in Node. */
export const K6_ONLY = "is in k6 only";

/** @throws RangeError for what the file's own functions do not refuse. */
export function refuseDeclaration(declared: AnyPipeline | AnyEndpoints): void {
  const { name, nextSteps = {} } = declared;
  const what = "endpoints" in declared ? "endpoints" : "pipeline";
  if ("endpoints" in declared) objectivesOfVisits(defineEndpoints(declared));
  else {
    objectivesOf(definePipeline(declared));
    writeSome(declared);
  }
  refuseVariables(declared);
  for (const [profile, steps] of Object.entries(declared.profiles ?? {})) {
    try {
      shape(steps);
    } catch (problem) {
      throw new RangeError(`${what} ${name}: profiles.${profile}: ${messageOf(problem)}`);
    }
  }
  const unknown = Object.keys(nextSteps).find((metric) => metricOf(metric) === undefined);
  if (unknown !== undefined) {
    throw new RangeError(`${what} ${name}: nextSteps.${unknown}: no such metric; docs/metrics.md lists them`);
  }
}

/** Events that are written on trial: each value of most attributes is among them. */
const WRITTEN = 20;

/** Writes some events, which shows what throws in `write` before anybody is sent one. */
function writeSome({ name, events, observe }: AnyPipeline): void {
  const stream = { seed: 1, variants: combinationsOf(name, events.attributes) };
  const fault = (what: string) => new RangeError(`pipeline ${name}: events.write: ${what}`);
  const written = (run: number, seq: number): unknown =>
    events.write(made(stream, { run, publisher: 1, seq, publishedAt: Date.now() }));
  try {
    for (let seq = 0; seq < WRITTEN; seq++) {
      const wire = written(1, seq);
      if (wire === undefined || wire === null || wire === "") throw fault("returns nothing; it returns the event");
      if (wire instanceof Promise) throw fault("returns a promise; it may not be async");
    }
    // What is the same in every run holds no identity.
    if (observe.kind !== "count" && isDeepStrictEqual(written(1, 0), written(2, 0)))
      throw fault("uses none of id, hash, uuid and number: no event could be found again");
  } catch (problem) {
    // An encoder of k6, say: only k6 itself can try it.
    if (!(problem instanceof Error && problem.message.includes(K6_ONLY))) throw problem;
  }
}

const messageOf = (problem: unknown) => (problem instanceof Error ? problem.message : String(problem));

function combinationsOf(name: string, attributes: AnyPipeline["events"]["attributes"]) {
  try {
    return combinations(attributes);
  } catch (problem) {
    throw new RangeError(`pipeline ${name}: events.attributes: ${messageOf(problem)}`);
  }
}

const K6_MODULES = [
  ...["k6", "k6/browser", "k6/crypto", "k6/data", "k6/encoding", "k6/execution", "k6/html", "k6/http", "k6/metrics"],
  ...["k6/net/grpc", "k6/secrets", "k6/timers", "k6/websockets", "k6/ws"],
];
/** Modules that come and go with the versions of k6, and those of extensions. */
const OTHER_K6_MODULES = /^k6\/(x|experimental)\//;

/** @throws RangeError for modules that a bundle for k6 imports and k6 does not have, with the line that brought them. */
export async function refuseModules(metafile: Metafile, file: string): Promise<void> {
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const unknown = imports.find(
    (path) => path.startsWith("k6") && !K6_MODULES.includes(path) && !OTHER_K6_MODULES.test(path),
  );
  if (unknown === undefined) return refuseNode(metafile, file);
  const [meant] = K6_MODULES.toSorted((one, other) => leven(unknown, one) - leven(unknown, other));
  throw new RangeError(
    `${await placeOf(unknown, file)}: imports ${unknown}, which k6 does not have; did you mean ${meant}?`,
  );
}

/** The user's file, with the line that imports a module where there is one. */
async function placeOf(module: string, file: string): Promise<string> {
  const lines = (await readFile(file, "utf8")).split("\n");
  const line = lines.findIndex((text) => /\bimport\b/.test(text) && /["']/.test(text) && text.includes(module)) + 1;
  return `${relative(process.cwd(), file)}${line === 0 ? "" : `:${line}`}`;
}

/** @throws RangeError for a module of Node that is left in a bundle for k6, with the line that brought it. */
async function refuseNode({ inputs, outputs }: Metafile, file: string): Promise<void> {
  const [output] = Object.values(outputs);
  const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  for (const [input] of used) {
    const builtin = inputs[input]?.imports.find(({ path, external }) => external === true && isBuiltin(path));
    const isLeft = output?.imports.some(({ path, external }) => external === true && path === builtin?.path);
    if (builtin === undefined || isLeft !== true) continue;
    const [, name = builtin.path] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    throw new RangeError(
      `${await placeOf(name, file)}: ${name} needs ${builtin.path}, which k6 does not have; use it inside receive, rows, list, consume or count only`,
    );
  }
}
