import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Starts a pipeline whose logs are deleted with it. @param start gets the folder for logs. */
export async function withLogs<Pipeline extends { close(): Promise<unknown> }>(
  start: (logs: string) => Promise<Pipeline>,
): Promise<Pipeline & { close(): Promise<void> }> {
  const logs = await mkdtemp(join(tmpdir(), "throughline-test-"));
  const pipeline = await start(logs);
  return {
    ...pipeline,
    close: async () => {
      await pipeline.close();
      await rm(logs, { recursive: true, force: true });
    },
  };
}
