/** `throughline.config.json`: the defaults for `throughline run` in this folder. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { BuildFailure } from "esbuild";
import * as v from "valibot";
import { suggestion } from "../core/nearest.ts";
import { whyUnread } from "../core/problem.ts";
import { URL_NAMES } from "../systems/kinds.ts";
import { whyNoJson } from "./json.ts";

export const CONFIG_FILE = "throughline.config.json";
/** The same config as a TypeScript module. */
const CONFIG_MODULE = "throughline.config.ts";

const Text = v.pipe(v.string(), v.nonEmpty());
const Positive = v.pipe(v.number(), v.minValue(Number.MIN_VALUE));

/** All keys of a config; flags on the command line take precedence. */
export const ConfigSchema = v.strictObject({
  $schema: v.optional(v.pipe(Text, v.description("where this file's schema is, for editors"))),
  run: v.optional(
    v.pipe(
      v.array(Text),
      v.minLength(1),
      v.description("what runs when nothing is named: a pipeline, or tests of one"),
    ),
  ),
  pipelines: v.optional(
    v.pipe(
      v.array(Text),
      v.description("files of your own pipelines; without it all *.pipeline.ts here and in pipelines/"),
    ),
  ),
  scenario: v.optional(v.pipe(Text, v.description("how the load moves over time"))),
  urls: v.optional(
    v.pipe(
      v.strictObject(Object.fromEntries(URL_NAMES.map((name) => [name, v.optional(Text)]))),
      v.description("where the target is; without any the reference target is started"),
    ),
  ),
  rate: v.optional(v.pipe(v.union([Positive, v.literal("max")]), v.description("events per second"))),
  duration: v.optional(v.pipe(Text, v.description("length of the load, as in 5m"))),
  events: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.description("exact number of events"))),
  instances: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64), v.description("k6 processes of each test")),
  ),
  receiverPort: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(65_535),
      v.description("port of the receiver that a run starts for webhooks, instead of 4800"),
    ),
  ),
  out: v.optional(v.pipe(Text, v.description("folder of the results"))),
  set: v.optional(
    v.pipe(
      v.record(Text, v.union([v.string(), v.number()])),
      v.description("variables by NAME or test.NAME; see docs/variables.md"),
    ),
  ),
});

export type Config = v.InferOutput<typeof ConfigSchema>;

/**
 * Reads a config.
 *
 * @param file the config that was named; without it the one in this folder, if there is one.
 * @returns null when there is none.
 * @throws RangeError in one line that names the key, its value and what is allowed.
 */
export async function readConfig(file: string | undefined): Promise<Config | null> {
  if (file === undefined && existsSync(CONFIG_MODULE)) return readModule();
  const path = file ?? CONFIG_FILE;
  if (file === undefined && !existsSync(path)) return null;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (problem) {
    throw new RangeError(`${file === undefined ? "" : "--config "}${path}: ${whyUnread(problem)}`);
  }
  return parseConfig(path, text);
}

/** Reads `throughline.config.ts`. */
async function readModule(): Promise<Config> {
  try {
    const { build } = await import("esbuild");
    const { outputFiles } = await build({
      entryPoints: [CONFIG_MODULE],
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      logLevel: "silent",
      // The config imports only `defineConfig`, which returns its argument.
      plugins: [
        {
          name: "throughline",
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^throughline$/ }, ({ path }) => ({ path, namespace: "own" }));
            onLoad({ filter: /.*/, namespace: "own" }, () => ({
              contents: "export const defineConfig = (given) => given;",
            }));
          },
        },
      ],
    });
    const text = outputFiles[0]?.text ?? "";
    const { default: config } = (await import(`data:text/javascript,${encodeURIComponent(text)}`)) as {
      default: unknown;
    };
    return checked(CONFIG_MODULE, config);
  } catch (problem) {
    if (problem instanceof RangeError) throw problem;
    const [first] = (problem as Partial<BuildFailure>).errors ?? [];
    const place = first?.location == null ? CONFIG_MODULE : `${CONFIG_MODULE}:${first.location.line}`;
    throw new RangeError(`${place}: ${first?.text ?? (problem instanceof Error ? problem.message : problem)}`);
  }
}

/** Parses a config. @throws RangeError in one line. */
export function parseConfig(file: string, text: string): Config {
  // Some editors write a byte order mark.
  const plain = text.replace(/^\uFEFF/, "");
  let json: unknown;
  try {
    json = JSON.parse(plain);
  } catch {
    throw new RangeError(`${file}: is not JSON: ${whyNoJson(plain)}`);
  }
  return checked(file, json);
}

function checked(file: string, json: unknown): Config {
  const parsed = v.safeParse(ConfigSchema, json, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const key = v.getDotPath(issue) ?? "the file";
  if (issue.type === "strict_object" && issue.expected === "never") {
    throw new RangeError(`${file}: ${key}: unknown key; ${keySuggestion(key)}`);
  }
  const { message, received } = issue;
  // The value may contain a token.
  const isSecret = /^(set|urls)\b/.test(key);
  throw new RangeError(`${file}: ${key}: ${isSecret ? message.replace(received, "(hidden)") : message}`);
}

/** For an unknown key: the most similar known one, or all of them. */
function keySuggestion(key: string): string {
  const [parent, name = parent] = key.split(".") as [string, string?];
  return suggestion(name, parent === "urls" && name !== parent ? URL_NAMES : Object.keys(ConfigSchema.entries));
}

/** The addresses that have a value. */
export function present(urls: Config["urls"] = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(urls).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
