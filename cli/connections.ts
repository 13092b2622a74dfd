import { peakOf } from "../core/shape.ts";
import type { Settings } from "../k6/support/settings.ts";
import type { RunnableTest } from "../systems/variables.ts";

/** The highest number of connections that a test has open at once. */
export function connectionsOf(settings: Settings<RunnableTest>): number {
  const { load } = settings;
  const sockets = "SOCKETS" in settings ? Number(settings.SOCKETS) : 1;
  return load.kind === "visitors"
    ? Math.ceil(peakOf(load.shape)) * sockets
    : load.kind === "paced"
      ? load.lanes
      : load.workers;
}
