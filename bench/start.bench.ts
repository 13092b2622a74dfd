/** What the start of a virtual user costs: each bundle beside a script of k6 that does nothing, and what of it is k6's. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { living } from "../cli/health/proc.ts";
import { k6Program } from "../cli/k6.ts";
import type { Metric } from "../core/metric.ts";
import { sampleCounter } from "../core/samples.ts";
import { FAMILIES, type Family } from "../systems/metrics.ts";
import { bench, median, root } from "./bench.ts";

const BUNDLES = ["http", "websocket", "sockets", "ingest", "webhook", "nats", "redis"];
const VUS = 400;
const ROUNDS = 3;

/** Of what type of k6 each kind is. */
const TYPES = {
  latency: "Trend",
  share: "Rate",
  count: "Counter",
  reading: "Gauge",
  tally: "Counter",
  moment: "Trend",
};

/** Nothing of the test runs but what k6 evaluates for each virtual user; then all of them are there for a moment. */
const scriptOf = (module: string | null, vus: number) => `import { sleep } from "k6";
${module === null ? "" : `import ${JSON.stringify(module)};`}
export const options = { scenarios: { all: { executor: "per-vu-iterations", vus: ${vus}, iterations: 1 } } };
export default () => sleep(0.5);`;

/** What all virtual users took together. */
interface Cost {
  readonly ms: number;
  readonly kb: number;
}

await bench(`the start of ${VUS} virtual users`, async (folder) => {
  const rounds = BUNDLES.map(() => ({ ours: [] as Cost[], bare: [] as Cost[] }));
  for (let round = 0; round < ROUNDS; round++) {
    const none = await costOfEach(folder, null);
    const beside = async (module: string) => {
      const { ms, kb } = await costOfEach(folder, module);
      return { ms: ms - none.ms, kb: kb - none.kb };
    };
    for (const [place, bundle] of BUNDLES.entries()) {
      const module = join(root, `dist/${bundle}.js`);
      rounds[place]?.ours.push(await beside(module));
      rounds[place]?.bare.push(await beside(await bareModule(folder, bundle, module)));
    }
  }
  for (const [place, { ours, bare }] of rounds.entries()) {
    const all = ours.map((cost) => cost.ms.toFixed(2)).join(", ");
    console.log(
      `  ${BUNDLES[place]}: ${told(ours)} (${all}) beside an empty script; bare k6 with the same metrics: ${told(bare)}`,
    );
  }
});

function told(costs: readonly Cost[]): string {
  const [ms, kb] = [median(costs.map((cost) => cost.ms)), median(costs.map((cost) => cost.kb))];
  return `${ms.toFixed(2)} ms of CPU, ${Math.round(kb)} KB`;
}

/** A script that imports the modules of k6 that a bundle does, and declares its metrics, and nothing else. */
async function bareModule(folder: string, bundle: string, module: string): Promise<string> {
  const text = await readFile(module, "utf8");
  const imports = [...text.matchAll(/\bimport\{[^}]*\}from"k6[^"]*";/g)].join("\n");
  const [, families = ""] = /\bmetrics=measures\(([^)]*)\)/.exec(text) ?? [];
  if (families === "") throw new Error(`${module}: no metrics were found`);
  const metrics = (JSON.parse(`[${families}]`) as Family[]).flatMap((name) => Object.entries<Metric>(FAMILIES[name]));
  const made = metrics.filter(([, { whole }]) => whole !== true).flatMap(([name, { kind }]) => declared(name, kind));
  const file = join(folder, `bare-${bundle}.js`);
  await writeFile(file, `${imports}\nconst metrics = [\n${made.join(",\n")}\n];`);
  return file;
}

function declared(name: string, kind: Metric["kind"]): string[] {
  const made = (type: string, metric: string, isTime = false) =>
    `new ${type}_of_k6(${JSON.stringify(metric)}, ${isTime})`;
  const samples = kind === "tally" || kind === "moment" ? [] : [made("Counter", sampleCounter(name))];
  return [made(TYPES[kind], name, kind === "latency"), ...samples];
}

/** What each costs beside the first, for which k6 reads the script and which makes what the others get. */
async function costOfEach(folder: string, module: string | null): Promise<Cost> {
  const [one, all] = [await started(folder, module, 1), await started(folder, module, VUS + 1)];
  return { ms: (all.ms - one.ms) / VUS, kb: (all.kb - one.kb) / VUS };
}

/** What a k6 has taken when it was last seen. */
async function started(folder: string, module: string | null, vus: number): Promise<Cost> {
  const script = join(folder, "start.js");
  await writeFile(script, scriptOf(module, vus));
  const run = execa(k6Program(root), ["run", "--quiet", "--address", "", script]);
  let cost: Cost = { ms: 0, kb: 0 };
  const looking = setInterval(() => {
    const seen = living([run.pid as number]).get(run.pid as number);
    if (seen !== undefined) cost = { ms: seen.cpuSeconds * 1000, kb: Math.max(cost.kb, seen.rssBytes / 1024) };
  }, 50);
  await run.finally(() => clearInterval(looking));
  return cost;
}
