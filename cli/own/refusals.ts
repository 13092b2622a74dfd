/** Rejects mistakes in a user's file that the compiler cannot see, before any load and with the line. */

import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Metafile } from "esbuild";
import leven from "leven";
import { type AnyEndpoints, defineEndpoints } from "../../core/endpoints.ts";
import { made, variantsOf } from "../../core/made.ts";
import { metricOf } from "../../core/metrics.ts";
import { type AnyPipeline, definePipeline } from "../../core/pipeline.ts";
import { messageOf } from "../../core/problem.ts";
import { shape } from "../../core/shape.ts";
import { objectivesOf, objectivesOfVisits, refuseVariables } from "../../systems/own.ts";

/** Whether an import is a built-in module of Node. */
export const isBuiltin = (path: string) => path.startsWith("node:") || builtinModules.includes(path);

/** The message that the stand-in for k6 modules throws in Node. */
export const K6_ONLY = "is in k6 only";

/** @throws RangeError for mistakes that definePipeline and defineEndpoints do not see. */
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

/** Number of trial events; most attribute values occur among them. */
const WRITTEN = 20;

/** Writes some trial events, so that an error in `write` shows before anything is sent. */
function writeSome({ name, events, observe }: AnyPipeline): void {
  const stream = { seed: 1, variants: variantsIn(name, events) };
  const fault = (what: string) => new RangeError(`pipeline ${name}: events.write: ${what}`);
  const written = (run: number, seq: number): unknown =>
    events.write(made(stream, { run, publisher: 1, seq, publishedAt: Date.now() }));
  try {
    for (let seq = 0; seq < WRITTEN; seq++) {
      const wire = written(1, seq);
      if (wire === undefined || wire === null || wire === "") throw fault("returns nothing; it returns the event");
      if (wire instanceof Promise) throw fault("returns a promise; it may not be async");
    }
    // Text that is equal in two runs contains no identity.
    if (observe.kind !== "count" && isDeepStrictEqual(written(1, 0), written(2, 0)))
      throw fault("uses none of id, hash, uuid and number: no event could be found again");
  } catch (problem) {
    // `write` uses a module of k6, such as an encoder: only k6 can try it.
    if (!(problem instanceof Error && problem.message.includes(K6_ONLY))) throw problem;
  }
}

function variantsIn(name: string, events: AnyPipeline["events"]) {
  try {
    return variantsOf(events);
  } catch (problem) {
    throw new RangeError(`pipeline ${name}: events.attributes: ${messageOf(problem)}`);
  }
}

const K6_MODULES = [
  ...["k6", "k6/browser", "k6/crypto", "k6/data", "k6/encoding", "k6/execution", "k6/html", "k6/http", "k6/metrics"],
  ...["k6/net/grpc", "k6/secrets", "k6/timers", "k6/websockets", "k6/ws"],
];
/** Modules that differ between versions of k6, and those of extensions. */
const OTHER_K6_MODULES = /^k6\/(x|experimental)\//;

/** @throws RangeError for imports in a k6 bundle that k6 does not have, with the importing line. */
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

/** The user's file, with the line that imports a module if there is one. */
async function placeOf(module: string, file: string): Promise<string> {
  const lines = (await readFile(file, "utf8")).split("\n");
  const line = lines.findIndex((text) => /\bimport\b/.test(text) && /["']/.test(text) && text.includes(module)) + 1;
  return `${relative(process.cwd(), file)}${line === 0 ? "" : `:${line}`}`;
}

/** @throws RangeError for a Node module left in a k6 bundle, with the importing line. */
async function refuseNode({ inputs, outputs }: Metafile, file: string): Promise<void> {
  const [output] = Object.values(outputs);
  const used = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  for (const [input] of used) {
    const builtin = inputs[input]?.imports.find(({ path, external }) => external === true && isBuiltin(path));
    const isLeft = output?.imports.some(({ path, external }) => external === true && path === builtin?.path);
    if (builtin === undefined || isLeft !== true) continue;
    const [, name = builtin.path] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    const what = name === builtin.path ? `imports ${name}` : `${name} needs ${builtin.path}`;
    throw new RangeError(
      `${await placeOf(name, file)}: ${what}, which k6 does not have; use it inside receive, rows, list, consume or count only`,
    );
  }
}
