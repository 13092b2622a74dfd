import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import * as v from "valibot";
import { type RunnerTestCase, TestRunner } from "vitest";
import { type Result, ResultSchema } from "../../cli/result.ts";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { root } from "./k6.ts";

/** The id of a run in this attempt of a test: an INVALID run is repeated, and its id is then in use. */
export function idInThisTry(run: string): string {
  const tries = TestRunner.getCurrentTest<RunnerTestCase | undefined>()?.result?.retryCount ?? 0;
  return tries === 0 ? run : `${run}-again`;
}

/** Runs the command as a user in a folder would. */
export function throughlineIn(folder: string, ...args: string[]) {
  return throughlineWith({}, folder, ...args);
}

/** The same with variables in the shell. */
export function throughlineWith(env: Readonly<Record<string, string>>, folder: string, ...args: string[]) {
  const told = args.map((arg, place) => (args[place - 1] === "--run-id" ? idInThisTry(arg) : arg));
  return execa(process.execPath, [join(root, "throughline.mjs"), ...told], {
    cwd: folder,
    reject: false,
    forceKillAfterDelay: false,
    env,
  });
}

/** The flags with a pipeline's addresses. */
export function addressesOf({ gateway, nats, receiver }: Pipeline): string[] {
  return ["--ws-url", gateway.wsUrl as string, "--nats-url", nats.url, "--receiver-url", receiver.url];
}

/** The record of a run, by its schema. */
export async function recordIn(folder: string, run: string): Promise<Result> {
  return v.parse(ResultSchema, JSON.parse(await readFile(join(folder, idInThisTry(run), "result.json"), "utf8")));
}
