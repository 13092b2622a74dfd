import { setTimeout as pause } from "node:timers/promises";
import { number } from "../core/numbers.ts";
import type { Closable } from "../core/observe.ts";
import { environmentOf } from "../core/ownvariables.ts";
import type { AnyPipeline } from "../core/pipeline.ts";
import { safeMessageOf, withoutCredentials } from "../core/redaction.ts";
import { FarEndAccess } from "./access.ts";
import { type FarEndContext, Items, itemsOf, type Poll } from "./items.ts";

/** Polling interval. */
const POLL_MS = 100;
const RETRY_MS = 500;
/** A reading that takes longer is told. */
const SLOW_MS = 15_000;
/** Attempts of the last reading; none is started after this time, because k6 waits for the account. */
const LAST_LOOKS = 3;
const LAST_LOOKS_MS = 5_000;

/** Observes a far end as its pipeline declares, until it is stopped. */
export interface Follower {
  /** A last, complete reading; may be called twice. @param ms what takes longer has failed. */
  finish(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts to observe a far end; null where others report the arrivals. */
export function follow(pipeline: AnyPipeline, farEnd: FarEndContext, slowMs = SLOW_MS): Follower | null {
  const { observe } = pipeline;
  const environment = environmentOf(pipeline, process.env);
  const access = new FarEndAccess(pipeline, process.env);
  const polled = (poll: Poll) => new PollFollower(farEnd, access, poll, slowMs);
  switch (observe.kind) {
    case "rows":
      return polled(
        new Items(farEnd, async (after) => itemsOf("rows", await observe.rows(after, environment, access))),
      );
    case "list":
      return polled(
        new Items(farEnd, async (after) =>
          after === null ? itemsOf("list", await observe.list(environment, access)) : [],
        ),
      );
    case "count":
      return polled({
        look: async () => {
          const count = await observe.count(environment, access);
          if (!Number.isFinite(count))
            throw new Error(`count() gives ${withoutCredentials(String(count)).slice(0, 40)}; allowed: a number`);
          farEnd.counted(count);
        },
        lookAgain: async () => [],
      });
    case "stream":
      return new Consumer(farEnd, async (failed) => {
        await access.ready();
        return observe.consume(environment, (arrival) => enter(farEnd, arrival), access, failed);
      });
    default:
      return null;
  }
}

/** Waits for work, but not longer. @returns whether it is done. */
async function isDoneWithin(ms: number, work: Promise<void>): Promise<boolean> {
  const done = new AbortController();
  const late = pause(ms, false, { signal: done.signal }).catch(() => false);
  return Promise.race([work.then(() => true), late]).finally(() => done.abort());
}

function enter(farEnd: FarEndContext, arrival: { path?: string; text: string } | string): void {
  farEnd.arrived(typeof arrival === "string" ? { text: arrival } : arrival, farEnd.now());
}

/** Polls a far end, one reading at a time: another beside one that is slow would make both slower. */
class PollFollower implements Follower {
  private readonly farEnd: FarEndContext;
  private readonly access: FarEndAccess;
  private readonly looked: Poll;
  private readonly stopped = new AbortController();
  private readonly slowMs: number;
  private reading: Promise<void>;
  private isGivenUp = false;

  constructor(farEnd: FarEndContext, access: FarEndAccess, looked: Poll, slowMs: number) {
    this.farEnd = farEnd;
    this.access = access;
    this.looked = looked;
    this.slowMs = slowMs;
    this.reading = this.follow();
  }

  async finish(ms: number): Promise<void> {
    this.stopped.abort();
    this.reading = this.reading.then(() => this.lookLast());
    if (await isDoneWithin(ms, this.reading)) return;
    this.tell(`its last reading took longer than ${number(ms / 1_000)} s: raise DRAIN_TIMEOUT`);
    this.isGivenUp = true;
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    if (!this.isGivenUp) await isDoneWithin(this.slowMs, this.reading);
  }

  private async lookLast(): Promise<void> {
    const began = performance.now();
    for (let attempt = 1; !this.isGivenUp; attempt++) {
      const worked = await this.attempt(async () => {
        await this.looked.look();
        this.tell(null, await this.looked.lookAgain());
      });
      // A single error of something that is polled ten times a second must not invalidate the run.
      if (worked || attempt === LAST_LOOKS || performance.now() - began > LAST_LOOKS_MS) return;
      await pause(RETRY_MS);
    }
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      const worked = await this.attempt(() => this.looked.look());
      await pause(worked ? POLL_MS : RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    const slow = setTimeout(() => this.tell(`reading it takes longer than ${this.slowMs / 1_000} s`), this.slowMs);
    try {
      await this.access.ready();
      await work();
      this.tell(this.access.problem);
      return this.access.problem === null;
    } catch (problem) {
      // Refused credentials often show as an error in reading the answer.
      this.tell(this.access.problem ?? safeMessageOf(problem));
      return false;
    } finally {
      clearTimeout(slow);
    }
  }

  /** Whoever is late in the end is not listened to any more. */
  private tell(problem: string | null, gone?: readonly string[]): void {
    if (!this.isGivenUp) this.farEnd.looked(problem, gone);
  }
}

/** Consumes a stream. */
class Consumer implements Follower {
  private readonly opened: Promise<Closable | null>;

  private isStopped = false;

  constructor(farEnd: FarEndContext, open: (failed: (why: string) => void) => Promise<Closable>) {
    const failed = (why: string) => {
      if (!this.isStopped) farEnd.looked(`the stream was interrupted: ${withoutCredentials(why)}`);
    };
    this.opened = open(failed).catch((problem: unknown) => {
      farEnd.looked(safeMessageOf(problem));
      return null;
    });
  }

  async finish(): Promise<void> {}

  async stop(): Promise<void> {
    this.isStopped = true;
    await (await this.opened)?.close();
  }
}
