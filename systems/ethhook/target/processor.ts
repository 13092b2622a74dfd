import { Loop } from "../../../target/loop.ts";
import type { Redis } from "../../../target/redis.ts";
import type { Webhook } from "../wire.ts";
import { readEntry } from "./entry.ts";
import type { EthhookFaults } from "./faults.ts";
import { DeliveryQueue, QUEUE_KEYS } from "./queue.ts";
import type { Registry } from "./registry.ts";

export const GROUP = "ethhook";

/** Unreadable entries, apart from the good ones. */
export const MALFORMED = "events:malformed";

const BATCH = 500;
const BLOCK_MS = 1_000;
/** Entries that another processor has read and not acknowledged for this long are taken over. */
const ABANDONED_MS = 3_000;

interface StreamEntry {
  readonly id: string;
  readonly message: Readonly<Record<string, string>>;
}

/** What a processor works with. */
export interface ProcessorOptions {
  /** A connection of its own, because it blocks while it waits for entries. */
  readonly redis: Redis;
  readonly registry: Registry;
  readonly stream: string;
  /** Unique within a group. */
  readonly name: string;
  readonly faults: EthhookFaults;
  readonly log: (text: string) => void;
}

/**
 * Turns stream entries into deliveries. One transaction queues the deliveries and acknowledges the entry, so that an
 * entry is either still pending or completely queued, whenever the process dies.
 */
export class Processor {
  private readonly options: ProcessorOptions;
  private readonly loop: Loop;

  constructor(options: ProcessorOptions) {
    this.options = options;
    this.loop = new Loop("processor", options.log);
  }

  start(): void {
    this.loop.start(() => this.run());
  }

  async close(): Promise<void> {
    await this.loop.close();
  }

  private async run(): Promise<void> {
    await this.joinGroup();
    await this.processAll("0");
    while (!this.loop.isStopped) {
      await this.takeOver();
      await this.processAll(">");
    }
  }

  /** The group starts at the beginning, so that earlier entries are not lost. */
  private async joinGroup(): Promise<void> {
    const { redis, stream } = this.options;
    await redis.xGroupCreate(stream, GROUP, "0", { MKSTREAM: true }).catch((problem: Error) => {
      if (!problem.message.startsWith("BUSYGROUP")) throw problem;
    });
  }

  /** Processes the entries from an id on, ">" for unread ones, until there are none. */
  private async processAll(id: "0" | ">"): Promise<void> {
    const { redis, stream, name } = this.options;
    while (!this.loop.isStopped) {
      const read = await redis.xReadGroup(GROUP, name, { key: stream, id }, { COUNT: BATCH, BLOCK: BLOCK_MS });
      const entries = (read as { messages: StreamEntry[] }[] | null)?.[0]?.messages ?? [];
      if (entries.length === 0) return;
      await this.process(entries);
    }
  }

  private async takeOver(): Promise<void> {
    const { redis, stream, name } = this.options;
    const { messages } = await redis.xAutoClaim(stream, GROUP, name, ABANDONED_MS, "0", { COUNT: BATCH });
    const entries = messages.filter((message) => message !== null);
    if (entries.length > 0) await this.process(entries);
  }

  private async process(entries: readonly StreamEntry[]): Promise<void> {
    const { redis, stream, faults } = this.options;
    const keeps = faults["keep-poison"] === true;
    const isAcknowledged = ({ message }: StreamEntry) => !(keeps && typeof readEntry(message) === "string");
    const ids = entries.filter(isAcknowledged).map(({ id }) => id);
    if (ids.length === 0) return;
    if (faults.forget) await redis.xAck(stream, GROUP, ids);
    const jobs: string[] = [];
    const malformed: string[] = [];
    for (const { id, message } of entries) {
      const event = readEntry(message);
      if (typeof event === "string") malformed.push(JSON.stringify({ id, problem: event, message }));
      else jobs.push(...this.jobsOf(id, event));
    }
    if (faults.poison && malformed.length > 0) jobs.length = 0;
    const move = redis.multi();
    if (jobs.length > 0) move.rPush(QUEUE_KEYS.waiting, jobs);
    if (malformed.length > 0) move.rPush(MALFORMED, malformed);
    move.xAck(stream, GROUP, ids);
    await move.exec();
  }

  private jobsOf(id: string, event: Webhook): string[] {
    const selectable = { chainId: event.chain_id, contract: event.contract_address, topics: event.topics };
    const { registry, faults } = this.options;
    const matching = registry.matching(selectable).filter(({ name }) => name !== faults["never-match"]);
    if (matching.length === 0) return [];
    const body = JSON.stringify(event);
    return matching.map((endpoint) =>
      DeliveryQueue.write({ id: `${id}:${endpoint.id}`, endpoint: endpoint.id, attempt: 1, body }),
    );
  }
}
