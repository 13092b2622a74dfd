/** `throughline build`: bundles the pipelines of this folder. */
import { relative } from "node:path";
import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { buildAll } from "./find.ts";

/** Adds the command. */
export function addBuildCommand(program: Command, root: string): void {
  program
    .command("build")
    .description("bundle the pipelines of this folder: dist/<name>.js for k6, dist/node/<name>.js for the receiver")
    .action(async () => {
      const all = await buildAll(root, (await readConfig(undefined))?.pipelines);
      if (all.length === 0)
        throw new RangeError(
          "build: no *.pipeline.ts in this folder or in pipelines/; throughline init <name> writes one",
        );
      for (const { file, tests, node } of all) {
        const bundles = [...Object.values(tests), node].map((path) => relative(process.cwd(), path));
        console.log(`${file}: ${bundles.join(", ")}`);
      }
    });
}
