/** The toy's pipeline as `throughline run` and `doctor` know it: a workshop in this process, and a receiver. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type PipelineKind, startDependent } from "../../../cli/kind.ts";
import { startService } from "../../../cli/service.ts";
import { oneIn } from "../../../target/faults.ts";

const JSON_TYPE = { "Content-Type": "application/json" };

export const kind: PipelineKind = {
  name: "toys",
  meaning: "a workshop and receiver: toys are posted, painted and put on a shelf",
  groups: [["toy"]],
  settled: { toy: [] },
  urls: { toys: "TOYS_URL" },
  receiver: 0,
  canary: true,
  faults: { lose: oneIn("a toy falls off the bench"), pale: oneIn("a toy is not painted") },
  variables: { reference: {}, always: {} },
  start: async ({ root, logs, faults }) => {
    const program = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0", "--shelf", "300"];
    const receiver = await startService("receiver", program, join(logs, "receiver.log"));
    const base = { ...receiver, close: () => receiver.stop() };
    return startDependent(base, async () => {
      const workshop = await openWorkshop(`${receiver.url}/shelf`, faults);
      return {
        says: `workshop ${workshop.url}, receiver ${receiver.url}`,
        variables: { TOYS_URL: workshop.url, RECEIVER_URL: receiver.url },
        processes: [{ process: "receiver", role: "receiver", pid: receiver.pid }],
        problems: () => [receiver.ended() ?? []].flat(),
        close: async () => {
          await workshop.close();
          await receiver.stop();
        },
      };
    });
  },
};

/** Answers each toy as it came, and sends it to the shelf. @param faults as in `lose=7`. */
async function openWorkshop(shelf: string, faults: readonly string[]) {
  const planted = Object.fromEntries(faults.map((fault) => fault.split("=")));
  const happens = (fault: string) => fault in planted && made % Number(planted[fault]) === 0;
  let made = 0;
  const server = createServer(async (request, reply) => {
    const toy = (await request.toArray()).join("");
    made += 1;
    reply.writeHead(200, JSON_TYPE).end(happens("pale") ? '{"paint":0}' : toy);
    if (!happens("lose")) await fetch(shelf, { method: "POST", headers: JSON_TYPE, body: toy }).catch(() => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
