/** Runs the measurements one after the other, or only those that are named: `npm run bench -- subscriber`. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../dist/node");
const all = readdirSync(folder).flatMap((file) => /^bench-(\w+)\.js$/.exec(file)?.[1] ?? []);
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`bench: ${unknown}: unknown measurement; allowed: ${all.join(", ")}`);
  process.exit(2);
}
// One that fails does not keep the others from being measured.
let failed = false;
for (const name of asked.length > 0 ? asked : all) {
  const { status } = spawnSync(process.execPath, ["--expose-gc", join(folder, `bench-${name}.js`)], {
    stdio: "inherit",
  });
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
