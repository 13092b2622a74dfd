import { wait } from "./wait.ts";

export interface EntriesOptions {
  readonly redisUrl: string;
  readonly stream: string;
  /** Numbers of unreadable entries, and of entries that are added twice. */
  readonly poison: number;
  readonly doubled: number;
  /** Time that they are spread over. */
  readonly seconds: number;
}

/** Unreadable entries, each in another way. */
const POISON: readonly Readonly<Record<string, string>>[] = [
  { tx_hash: "0x12", topics: "not JSON" },
  { chain_id: "none", block_number: "-1", topics: "[]" },
  { nonsense: "entry" },
];

/** How many of the newest entries are searched for one to repeat. */
const NEWEST = 20;

/** Adds entries as pipelines meet them in the field. @throws when Redis cannot be reached, or refuses. */
export async function addEntries(options: EntriesOptions, interrupted: AbortSignal): Promise<void> {
  const { redisUrl, stream, poison, doubled, seconds } = options;
  const { createClient } = (await import("@redis/client")).default;
  const client = createClient({ url: redisUrl, socket: { reconnectStrategy: false, connectTimeout: 5_000 } });
  client.on("error", () => {});
  await client.connect();
  const done = { poison: 0, doubled: 0 };
  /** Adds the newest readable entry again. @returns whether there was one. */
  const addAgain = async () => {
    const newest = await client.xRevRange(stream, "+", "-", { COUNT: NEWEST });
    const entry = newest?.find(({ message }) => message["block_hash"] !== undefined);
    if (entry !== undefined) await client.xAdd(stream, "*", { ...entry.message });
    return entry !== undefined;
  };
  try {
    const all = poison + doubled;
    for (let place = 0; place < all && !interrupted.aborted; place++) {
      // Alternates between both kinds.
      const isPoison = done.poison * doubled <= done.doubled * poison ? done.poison < poison : done.doubled >= doubled;
      if (isPoison) {
        await client.xAdd(stream, "*", { ...POISON[done.poison % POISON.length] });
        done.poison++;
      } else if (await addAgain()) done.doubled++;
      if (place + 1 < all) await wait(seconds / all, interrupted);
    }
  } finally {
    client.destroy();
  }
  console.log(`${stream}: ${done.poison} entries that cannot be read and ${done.doubled} second copies were added`);
}
