import cluster, { type Address, type Worker } from "node:cluster";
import { once } from "node:events";

/**
 * Small heaps are collected often, so that the memory of a healthy worker stays where it is: one that is
 * left to itself takes tens of MB before it collects any, which for half a minute looks like a leak.
 */
const SMALL_HEAP = ["--max-semi-space-size=1", "--max-old-space-size=64"];

/** Workers that do not listen after so many ends in a row never will. */
const GIVE_UP_AFTER = 5;

/**
 * Keeps so many worker processes behind one port: one that dies is replaced.
 *
 * @returns the port, once all of them listen.
 * @throws when workers end before they listen.
 */
export async function supervise(workers: number): Promise<{ port: number; stop(): Promise<void> }> {
  let stopping = false;
  let failures = 0;
  const listening = new Set<Worker>();

  cluster.setupPrimary({ execArgv: [...process.execArgv, ...SMALL_HEAP] });

  const port = await new Promise<number>((resolve, reject) => {
    cluster.on("listening", (worker, address: Address) => {
      listening.add(worker);
      failures = 0;
      // When all have died no process holds the port: their replacements bind it again.
      cluster.setupPrimary({ args: [...process.argv.slice(2), "--port", String(address.port)] });
      if (listening.size >= workers) resolve(address.port);
    });
    cluster.on("exit", (worker) => {
      if (!listening.delete(worker)) failures++;
      if (stopping) return;
      if (failures >= GIVE_UP_AFTER) reject(new Error("its workers end before they listen"));
      else cluster.fork();
    });
    for (let worker = 0; worker < workers; worker++) cluster.fork();
  });

  return {
    port,
    stop: async () => {
      stopping = true;
      const running = Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);
      await Promise.all(
        running.map(async (worker) => {
          const exited = once(worker, "exit");
          worker.process.kill("SIGTERM");
          await exited;
        }),
      );
    },
  };
}
