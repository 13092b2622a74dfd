/** `throughline run websocket nats` on a pipeline that the tests of a file share. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { startPipeline } from "./pipeline.ts";
import { addressesOf, recordIn, throughlineIn } from "./throughline.ts";

/** The pipeline of a file's tests; see {@link useFanOut}. */
export let pipeline: Pipeline;
/** The folder of their records; see {@link useFanOut}. */
export let out: string;

/** Starts a pipeline for the tests of a file. */
export function useFanOut(): void {
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "throughline-run-"));
    pipeline = await startPipeline();
  });
  afterAll(async () => {
    await pipeline?.close();
    await rm(out, { recursive: true, force: true });
  });
}

/** Runs the command in the folder of the records. */
export function throughline(...args: string[]) {
  return throughlineIn(out, ...args);
}

const QUICK = ["--set", "CREATE_STREAM=1", "--set", "DRAIN_QUIET=1s", "--set", "PING_EVERY=500ms"];

/** Runs subscribers and publishers as one run with this name. */
export function fanOut(run: string, ...args: string[]) {
  const addresses = addressesOf(pipeline);
  return throughline("run", "websocket", "nats", ...addresses, ...QUICK, "--out", out, "--run-id", run, ...args);
}

/** The record of a run. */
export const recordOf = (run: string) => recordIn(out, run);
