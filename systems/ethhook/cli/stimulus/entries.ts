import { wait } from "./wait.ts";

export interface EntriesOptions {
  readonly redisUrl: string;
  readonly stream: string;
  /** Entries that cannot be read, and entries that are added a second time. */
  readonly poison: number;
  readonly doubled: number;
  /** Time that they are spread over. */
  readonly seconds: number;
}

/** What a processor cannot read, each in another way. */
const POISON: readonly Readonly<Record<string, string>>[] = [
  { tx_hash: "0x12", topics: "not JSON" },
  { chain_id: "none", block_number: "-1", topics: "[]" },
  { nonsense: "entry" },
];

/** How many of the newest entries are searched for one that can be added again. */
const NEWEST = 20;

/** Adds what a pipeline meets in the field beside its load. @throws when Redis cannot be reached, or says no. */
export async function addEntries(options: EntriesOptions, interrupted: AbortSignal): Promise<void> {
  const { redisUrl, stream, poison, doubled, seconds } = options;
  const { createClient } = await import("@redis/client");
  const client = createClient({ url: redisUrl, socket: { reconnectStrategy: false, connectTimeout: 5_000 } });
  client.on("error", () => {});
  await client.connect();
  const done = { poison: 0, doubled: 0 };
  /** Adds the newest entry that is no poison once more. @returns whether there was one. */
  const addAgain = async () => {
    const newest = await client.xRevRange(stream, "+", "-", { COUNT: NEWEST });
    const entry = newest?.find(({ message }) => message["block_hash"] !== undefined);
    if (entry !== undefined) await client.xAdd(stream, "*", { ...entry.message });
    return entry !== undefined;
  };
  try {
    const all = poison + doubled;
    for (let place = 0; place < all && !interrupted.aborted; place++) {
      // Both kinds take turns as long as there are any.
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
