/** `throughline build`: bundles the pipelines of this folder. */
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { definitionOf, type NamedTest } from "../../core/definition.ts";
import type { AnyEndpoints } from "../../core/endpoints.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { readConfig } from "../config.ts";
import { writeFileWhole } from "../files.ts";
import type { PipelineBundles } from "./build.ts";
import { buildAll } from "./find.ts";
import { kindOf } from "./kind.ts";
import { testRunOf } from "./manifest.ts";

interface Flags {
  readonly grafana?: string;
  readonly kubernetes?: string;
}

/** Adds the command. */
export function addBuildCommand(program: Command, root: string): void {
  program
    .command("build")
    .description("bundle the pipelines of this folder: dist/<name>.js for k6, dist/node/<name>.mjs for the receiver")
    .option("--grafana <folder>", "also write their boards there, for InfluxDB and for Prometheus")
    .option("--kubernetes <folder>", "also write a TestRun for each of their tests there")
    .addHelpText("after", "\nExample:\n  throughline build --grafana dist/boards --kubernetes dist/testruns")
    .action(async ({ grafana, kubernetes }: Flags) => {
      const { built: all, broken } = await buildAll(root, (await readConfig(undefined))?.pipelines);
      if (all.length === 0 && broken.size === 0)
        throw new RangeError(
          "build: no *.pipeline.ts in this folder or in pipelines/; throughline init <name> --from http --to webhook writes one",
        );
      for (const built of all) {
        const written = [
          ...(grafana === undefined ? [] : await write(grafana, await boardsOf(root, built))),
          ...(kubernetes === undefined ? [] : await write(kubernetes, testRunsOf(built))),
        ];
        const bundles = [...Object.values(built.tests), built.node, ...written];
        console.log(`${built.file}: ${bundles.map((path) => relative(process.cwd(), path)).join(", ")}`);
      }
      const [first, ...others] = broken.values();
      for (const { message } of others) console.error(`throughline: ${message}`);
      if (first !== undefined) throw first;
    });
}

/** Grafana's own library is large: it is loaded when somebody asks for boards, and bundled with what makes them. */
async function boardsOf(root: string, { pipeline, endpoints }: PipelineBundles): Promise<ReadonlyMap<string, string>> {
  const program = pathToFileURL(join(root, "dist/node/boards.js")).href;
  const { ownBoards } = (await import(program)) as {
    ownBoards: (declared: AnyPipeline | AnyEndpoints | null) => Map<string, string>;
  };
  return ownBoards(pipeline ?? endpoints);
}

function testRunsOf(built: PipelineBundles): ReadonlyMap<string, string> {
  kindOf(built);
  const tests = Object.keys(built.tests).map((name) => ({ name, ...definitionOf(name) }) as NamedTest);
  return new Map(tests.map((test) => [`${test.name}.yaml`, testRunOf(test)]));
}

async function write(folder: string, files: ReadonlyMap<string, string>): Promise<string[]> {
  return Promise.all([...files].map(([name, text]) => writeFileWhole(join(folder, name), text)));
}
