import { Worker } from "node:worker_threads";

/** Keeps so many cores busy, as a neighbour on the same machine does. @returns what ends it. */
export function busyCores(cores: number): () => Promise<void> {
  const workers = Array.from({ length: cores }, () => new Worker("while (true);", { eval: true }));
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
}
