import { setTimeout as pause } from "node:timers/promises";
import { type AnyPipeline, type Arrival, type Closable, environmentOf, type Item } from "../core/pipeline.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { FarEndAccess } from "./access.ts";

/** A far end that has to be asked is asked so often. */
const POLL_MS = 100;
const RETRY_MS = 500;

/** A far end that is looked at. */
export interface FarEndContext {
  readonly kind: string;
  now(): number;
  /** @returns how many identities of the run were in it, whole or damaged. */
  arrived(arrival: Arrival, at: number): number;
  counted(count: number): void;
  holds(text: string): boolean;
  looked(problem: string | null, vanished?: number): void;
}

/** Looks at a far end as its pipeline says, until it is stopped. */
export interface Follower {
  /** Looks at everything once more. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts what follows a far end; null where arrivals come by themselves. */
export function follow(pipeline: AnyPipeline, farEnd: FarEndContext): Follower | null {
  const { observe } = pipeline;
  const environment = environmentOf(pipeline, process.env);
  const access = new FarEndAccess(pipeline, process.env);
  switch (observe.kind) {
    case "rows":
      return new Polling(farEnd, access, new Items(farEnd, (after) => observe.rows(after, environment, access)));
    case "list":
      return new Polling(
        farEnd,
        access,
        new Items(farEnd, async (after) => (after === null ? numbered(await observe.list(environment, access)) : [])),
      );
    case "count":
      return new Polling(farEnd, access, {
        look: async () => farEnd.counted(await observe.count(environment, access)),
        lookAgain: async () => 0,
      });
    case "stream":
      return new Consumer(farEnd, async () => {
        await access.ready();
        return observe.consume(environment, (arrival) => enter(farEnd, arrival), access);
      });
    default:
      return null;
  }
}

function enter(farEnd: FarEndContext, arrival: { path?: string; text: string } | string): void {
  farEnd.arrived(typeof arrival === "string" ? { text: arrival } : arrival, farEnd.now());
}

/** The items of a list that gives them no ids: of equal ones the first, the second and so on. */
function numbered(items: readonly (Item | string)[]): readonly Item[] {
  const counts = new Map<string, number>();
  return items.map((item) => {
    if (typeof item !== "string") return item;
    const count = (counts.get(item) ?? 0) + 1;
    counts.set(item, count);
    return { id: `${count} ${item}`, text: item };
  });
}

/** What a poll looks at. */
interface Poll {
  look(): Promise<void>;
  /** Looks at everything. @returns how much of what was there is gone. */
  lookAgain(): Promise<number>;
}

/** Rows or items with ids: each is entered once, and at the end all are looked at again. */
class Items implements Poll {
  private readonly farEnd: FarEndContext;
  private readonly after: (id: Item["id"] | null) => Promise<readonly Item[]>;
  private readonly seen = new Set<string>();
  private last: Item["id"] | null = null;
  private readonly isList: boolean;

  constructor(farEnd: FarEndContext, after: (id: Item["id"] | null) => Promise<readonly Item[]>) {
    this.farEnd = farEnd;
    this.after = after;
    this.isList = farEnd.kind === "list";
  }

  async look(): Promise<void> {
    await this.read(this.isList ? null : this.last, () => undefined);
  }

  /** What became visible behind the last row, and what is not there any more. */
  async lookAgain(): Promise<number> {
    const there = new Set<string>();
    await this.read(null, (id, text) => {
      if (this.farEnd.holds(text)) there.add(id);
    });
    return [...this.seen].filter((id) => !there.has(id)).length;
  }

  private async read(from: Item["id"] | null, met: (id: string, text: string) => void): Promise<void> {
    let after = from;
    for (;;) {
      const items = await this.after(after);
      for (const item of items) this.enter(item, met);
      const end = items.at(-1)?.id ?? null;
      if (this.isList || end === null) return;
      if (end === after)
        throw new Error(`rows(${String(after)}) gives row ${String(end)} again; it must give those behind it`);
      after = end;
      this.last = end;
    }
  }

  private enter(item: Item, met: (id: string, text: string) => void): void {
    const id = String(item.id);
    met(id, item.text);
    if (this.seen.has(id)) return;
    // Those of other runs are as many as the table is old: they are read, and not remembered.
    if (this.farEnd.arrived(item, this.farEnd.now()) > 0) this.seen.add(id);
  }
}

/** Asks again and again. */
class Polling implements Follower {
  private readonly farEnd: FarEndContext;
  private readonly access: FarEndAccess;
  private readonly looked: Poll;
  private readonly stopped = new AbortController();
  private readonly following: Promise<void>;

  constructor(farEnd: FarEndContext, access: FarEndAccess, looked: Poll) {
    this.farEnd = farEnd;
    this.access = access;
    this.looked = looked;
    this.following = this.follow();
  }

  async finish(): Promise<void> {
    await this.stop();
    await this.attempt(async () => {
      await this.looked.look();
      this.farEnd.looked(null, await this.looked.lookAgain());
    });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.following;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const worked = await this.attempt(() => this.looked.look());
      await pause(worked ? POLL_MS : RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await this.access.ready();
      await work();
      this.farEnd.looked(this.access.problem);
      return this.access.problem === null;
    } catch (problem) {
      // Whoever is not let in often fails on an answer that is none.
      this.farEnd.looked(this.access.problem ?? said(problem));
      return false;
    }
  }
}

/** Holds a stream open. */
class Consumer implements Follower {
  private readonly opened: Promise<Closable | null>;

  constructor(farEnd: FarEndContext, open: () => Promise<Closable>) {
    this.opened = open().catch((problem: unknown) => {
      farEnd.looked(said(problem));
      return null;
    });
  }

  async finish(): Promise<void> {}

  async stop(): Promise<void> {
    await (await this.opened)?.close();
  }
}

function said(problem: unknown): string {
  if (problem instanceof AggregateError) return problem.errors.map(said).join(", ");
  return withoutCredentials(problem instanceof Error ? problem.message : String(problem));
}
