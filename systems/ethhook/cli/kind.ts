/** EthHook's pipeline as `throughline run` and `doctor` know it. */
import { flagsOf, type PipelineKind, startDependent } from "../../../cli/kind.ts";
import { ETHHOOK_FAULTS } from "../target/faults.ts";
import { addSetupCommands } from "./commands.ts";
import { entriesCheck } from "./door.ts";
import { SECRET, startEthhookPipeline } from "./start.ts";
import { addStimulateCommand } from "./stimulus/command.ts";

export const kind: PipelineKind = {
  name: "ethhook",
  meaning: "events go into a stream of Redis and come out as signed webhooks, as EthHook sends them",
  groups: [["redis"]],
  settled: { redis: [] },
  urls: { redis: "REDIS_URL" },
  receiver: 4800,
  secret: SECRET,
  canary: true,
  doors: { redis: { url: "redis", check: entriesCheck } },
  gently: { redis: { CANARIES: "20" } },
  commands: (program, interrupted) => {
    addSetupCommands(program);
    addStimulateCommand(program, interrupted);
  },
  extensions: { redis: ["k6/x/redis", "k6/x/redis-streams"] },
  faults: ETHHOOK_FAULTS,
  // Each run starts a new target: cold, it takes 0.8 of a core for the first 500 events a second, and 0.4 when warm.
  variables: { reference: { redis: { WARM_UP: "1000" } }, always: {} },
  start: async (place) =>
    startDependent(
      await startEthhookPipeline(place.root, place.logs),
      async ({ redis, receiver, problems, startTarget }) => {
        const target = await startTarget(...flagsOf(place));
        return {
          says: `Redis ${redis.url}, webhooks of the reference EthHook, receiver ${receiver.url}`,
          variables: { REDIS_URL: redis.url, RECEIVER_URL: receiver.url },
          processes: [
            { process: "redis-server", role: "target", pid: redis.pid },
            { process: "ethhook", role: "target", pid: target.pid },
            { process: "receiver", role: "receiver", pid: receiver.pid },
          ],
          problems,
        };
      },
    ),
};
