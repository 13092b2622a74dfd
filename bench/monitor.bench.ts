/** What `throughline monitor` takes of a core at its default interval, and with thousands of connections to look at. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { living } from "../cli/health/proc.ts";
import { bench, held, root } from "./bench.ts";

const CONNECTIONS = [0, 2_000];
/** It has started by then. */
const STARTED_MS = 4_000;
const WATCHED_MS = 20_000;
const MOST_PERCENT = 2;

const server = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

await bench("throughline monitor at its default interval", async (folder) => {
  const open: Socket[] = [];
  try {
    for (const connections of CONNECTIONS) {
      while (open.length < connections) {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        open.push(socket);
      }
      const percent = await measure(folder);
      console.log(`  ${connections} connections: ${percent.toFixed(2)} % of a core`);
      held([`under ${MOST_PERCENT} % of a core`, percent < MOST_PERCENT]);
    }
  } finally {
    for (const socket of open) socket.destroy();
    server.close();
  }
});

/** It watches this process, which holds both ends of the connections. */
async function measure(folder: string): Promise<number> {
  const program = join(root, "dist/node/throughline.js");
  const command = [program, "monitor", "--pid", String(process.pid), "--exit-with-stdin", "--out", folder];
  const monitor = execa(process.execPath, command, { stdin: "pipe", reject: false });
  await pause(STARTED_MS);
  const used = () => living([monitor.pid as number]).get(monitor.pid as number)?.cpuSeconds ?? Number.NaN;
  const [before, from] = [used(), performance.now()];
  await pause(WATCHED_MS);
  const percent = ((used() - before) * 100_000) / (performance.now() - from);
  monitor.stdin.end();
  await monitor;
  return percent;
}
