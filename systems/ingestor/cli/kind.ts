/** The ingestor's pipeline as `throughline run` and `doctor` know it. */
import { flagsOf, type PipelineKind, startDependent } from "../../../cli/kind.ts";
import { INGESTOR_FAULTS } from "../target/faults.ts";
import { messagesCheck } from "./door.ts";
import { startIngestPipeline } from "./start.ts";
import { tableCheck } from "./table.ts";

export const kind: PipelineKind = {
  name: "ingest",
  meaning: "messages are posted to an ingestor and become rows of a table",
  groups: [["ingest"]],
  settled: { ingest: [] },
  urls: { ingest: "INGEST_URL" },
  // The receiver needs the login of the ingestor's database, so only the user can start it.
  receiver: null,
  canary: false,
  doors: { ingest: { url: "ingest", check: messagesCheck } },
  receiverCheck: tableCheck,
  faults: INGESTOR_FAULTS,
  variables: { reference: {}, always: {} },
  start: async (place) => {
    // Each part of the target ignores the faults of the others.
    const planted = flagsOf(place);
    const base = await startIngestPipeline(place.root, place.logs, planted);
    return startDependent(base, async ({ redis, receiver, api, problems, startWorker }) => {
      const worker = await startWorker(...planted);
      return {
        says: `ingestor ${api.url}, Redis ${redis.url}, receiver ${receiver.url}`,
        variables: { INGEST_URL: api.url, RECEIVER_URL: receiver.url },
        processes: [
          { process: "redis-server", role: "target", pid: redis.pid },
          { process: "ingestor api", role: "target", pid: api.pid },
          { process: "ingestor worker", role: "target", pid: worker.pid },
          { process: "receiver", role: "receiver", pid: receiver.pid },
        ],
        problems,
      };
    });
  },
};
