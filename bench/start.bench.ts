/** What the start of a virtual user costs: each bundle beside a script of k6 that does nothing. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { living } from "../cli/health/proc.ts";
import { k6Program } from "../cli/k6.ts";
import { bench, median, root } from "./bench.ts";

const BUNDLES = ["http", "websocket", "sockets", "ingest", "webhook", "nats", "redis"];
const VUS = 400;
const ROUNDS = 3;

/** Nothing of the test runs but what k6 evaluates for each virtual user; then all of them are there for a moment. */
const scriptOf = (bundle: string | null, vus: number) => `import { sleep } from "k6";
${bundle === null ? "" : `import ${JSON.stringify(join(root, `dist/${bundle}.js`))};`}
export const options = { scenarios: { all: { executor: "per-vu-iterations", vus: ${vus}, iterations: 1 } } };
export default () => sleep(0.5);`;

/** What all virtual users took together. */
interface Cost {
  readonly ms: number;
  readonly kb: number;
}

await bench(`the start of ${VUS} virtual users`, async (folder) => {
  const rounds = BUNDLES.map((): Cost[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    const none = await costOfEach(folder, null);
    for (const [place, bundle] of BUNDLES.entries()) {
      const { ms, kb } = await costOfEach(folder, bundle);
      rounds[place]?.push({ ms: ms - none.ms, kb: kb - none.kb });
    }
  }
  for (const [place, costs] of rounds.entries()) {
    const [ms, kb] = [median(costs.map((cost) => cost.ms)), median(costs.map((cost) => cost.kb))];
    const all = costs.map((cost) => cost.ms.toFixed(2)).join(", ");
    console.log(
      `  ${BUNDLES[place]}: ${ms.toFixed(2)} ms of CPU (${all}), ${Math.round(kb)} KB beside an empty script`,
    );
  }
});

/** What each costs beside the first, for which k6 reads the script and which makes what the others get. */
async function costOfEach(folder: string, bundle: string | null): Promise<Cost> {
  const [one, all] = [await started(folder, bundle, 1), await started(folder, bundle, VUS + 1)];
  return { ms: (all.ms - one.ms) / VUS, kb: (all.kb - one.kb) / VUS };
}

/** What a k6 has taken when it was last seen. */
async function started(folder: string, bundle: string | null, vus: number): Promise<Cost> {
  const script = join(folder, "start.js");
  await writeFile(script, scriptOf(bundle, vus));
  const run = execa(k6Program(root), ["run", "--quiet", "--address", "", script]);
  let cost: Cost = { ms: 0, kb: 0 };
  const looking = setInterval(() => {
    const seen = living([run.pid as number]).get(run.pid as number);
    if (seen !== undefined) cost = { ms: seen.cpuSeconds * 1000, kb: Math.max(cost.kb, seen.rssBytes / 1024) };
  }, 50);
  await run.finally(() => clearInterval(looking));
  return cost;
}
