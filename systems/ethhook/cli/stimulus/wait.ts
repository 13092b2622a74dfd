import { setTimeout as pause } from "node:timers/promises";

/** Waits `seconds`, unless interrupted. */
export async function wait(seconds: number, interrupted: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, { signal: interrupted }).catch(() => {});
}
