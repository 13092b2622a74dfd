/** The signal webhooks as `throughline run` and `doctor` know them. */
import { startMonitor } from "../../../cli/health/monitor.ts";
import { serveHealth } from "../../../cli/health/serve.ts";
import { flagsOf, type PipelineKind, startDependent } from "../../../cli/kind.ts";
import { SIGNALS_FAULTS } from "../target/faults.ts";
import { signalsCheck } from "./door.ts";
import { startSignalsPipeline, USER } from "./start.ts";

/** Processes can be monitored on Linux only; elsewhere memory and deaths are not judged. */
const WATCHABLE = process.platform === "linux";
const MONITOR_EVERY_MS = 200;

export const kind: PipelineKind = {
  name: "webhook",
  meaning: "signals are posted to webhooks, within and beyond their limits, and are executed once or refused",
  groups: [["webhook"]],
  settled: { webhook: [] },
  urls: { signals: "SIGNALS_URL", executed: "SIGNALS_EXECUTED_URL" },
  outcome: "executed",
  receiver: 0,
  alone: true,
  // A canary needs a login.
  canary: false,
  doors: { webhook: { url: "signals", check: signalsCheck } },
  faults: SIGNALS_FAULTS,
  variables: {
    reference: {
      webhook: {
        ...USER,
        DELETE_PATH: "/api/v1/webhooks/{token}",
        ...(WATCHABLE ? { HEALTH_URL: "http://later.localhost" } : {}),
      },
    },
    // Signals lose their trace there.
    real: { webhook: { EXECUTED_BY: "count" } },
    always: {},
  },
  start: async (place) =>
    startDependent(await startSignalsPipeline(place.root, place.logs), async (base) => {
      const { redis, receiver, problems } = base;
      const target = await base.startTarget(...flagsOf(place));
      const health = WATCHABLE ? await watchOver("signals", target.pid() as number) : null;
      return {
        says: `signal webhooks ${target.url}, Redis ${redis.url}, receiver ${receiver.url}`,
        variables: { ...base.variables(target), ...(health === null ? {} : { HEALTH_URL: health.url }) },
        processes: [
          { process: "redis-server", role: "target", pid: redis.pid },
          { process: "signals supervisor", role: "target", pid: target.pid },
          { process: "receiver", role: "receiver", pid: receiver.pid },
        ],
        problems,
        close: async () => {
          await health?.close();
          await base.close();
        },
      };
    }),
};

/** Monitors a process and its descendants, for tests that request HEALTH_URL. */
async function watchOver(name: string, pid: number): Promise<{ readonly url: string; close(): Promise<void> }> {
  const monitor = await startMonitor({ process: name, role: "target", watch: { pid }, everyMs: MONITOR_EVERY_MS });
  const server = await serveHealth([monitor], 0).catch(async (problem: unknown) => {
    await monitor.stop();
    throw problem;
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await monitor.stop();
    },
  };
}
