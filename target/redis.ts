/** Longest pause before it reconnects. */
const RECONNECT_MS = 200;

/** Connects to Redis, and waits for it if it is not there yet. */
export async function connectRedis(url: string, log: (text: string) => void) {
  const { createClient } = (await import("@redis/client")).default;
  const client = createClient({ url, socket: { reconnectStrategy: () => RECONNECT_MS, connectTimeout: 2_000 } });
  client.on("error", (problem: Error) => log(`Redis: ${problem.message}`));
  await client.connect();
  return client;
}

export type Redis = Awaited<ReturnType<typeof connectRedis>>;
