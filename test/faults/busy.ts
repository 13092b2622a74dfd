import { Worker } from "node:worker_threads";

/** Keeps `cores` cores busy, like another program on the machine. @returns a function that ends it. */
export function busyCores(cores: number): () => Promise<void> {
  const workers = Array.from({ length: cores }, () => new Worker("while (true);", { eval: true }));
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
}
