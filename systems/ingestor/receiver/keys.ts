import { createClient } from "@redis/client";
import { PENDING_LIST, WORKER_KEYS } from "../wire.ts";

/** Most pending messages that are read: a few megabytes. */
const MOST_PENDING = 2_000;
const RECONNECT_MS = 500;
const CONNECT_TIMEOUT_MS = 5_000;

/** The ingestor's keys in Redis at one moment. */
export interface QueueReading {
  readonly pending: number;
  readonly buffered: number;
  /** The worker's own statistics, by key; missing keys are left out. */
  readonly worker: Readonly<Record<string, number>>;
}

/** Reads the ingestor's keys in Redis. */
export class IngestKeys {
  private readonly client;

  constructor(url: string) {
    this.client = createClient({
      url,
      disableOfflineQueue: true,
      socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: () => RECONNECT_MS },
    });
    // The failing read reports the error.
    this.client.on("error", () => {});
  }

  /** @throws when Redis cannot be reached in time. */
  async open(): Promise<void> {
    const problem = new Promise<never>((_, reject) => this.client.once("error", reject));
    await Promise.race([this.client.connect(), problem]);
  }

  /** All keys at one moment. */
  async read(): Promise<QueueReading> {
    const names = Object.values(WORKER_KEYS);
    const [pending, ...values] = await this.client
      .multi()
      .lLen(PENDING_LIST)
      .mGet([...names])
      .exec()
      .then(([length, texts]) => [Number(length), ...(texts as unknown as (string | null)[])]);
    const worker: Record<string, number> = {};
    for (const [place, name] of names.entries()) {
      const value = values[place];
      if (value !== null && Number.isFinite(Number(value))) worker[name] = Number(value);
    }
    return { pending: Number(pending), buffered: Math.max(0, worker[WORKER_KEYS.buffered] ?? 0), worker };
  }

  /** The pending messages, and whether those are all. */
  async pendingContents(): Promise<{ contents: string[]; isWhole: boolean }> {
    const contents = await this.client.lRange(PENDING_LIST, 0, MOST_PENDING);
    return { contents: contents.slice(0, MOST_PENDING), isWhole: contents.length <= MOST_PENDING };
  }

  close(): void {
    this.client.destroy();
  }
}
