import { setTimeout as pause } from "node:timers/promises";
import type { Closable } from "../core/observe.ts";
import { environmentOf } from "../core/ownvariables.ts";
import type { AnyPipeline } from "../core/pipeline.ts";
import { safeMessageOf, withoutCredentials } from "../core/redaction.ts";
import { FarEndAccess } from "./access.ts";
import { type FarEndContext, Items, itemsOf, type Poll } from "./items.ts";

/** Polling interval. */
const POLL_MS = 100;
const RETRY_MS = 500;
/** A reading that takes longer has failed: k6 waits 20 s beyond the drain for the account. */
const ANSWER_MS = 15_000;
/** Attempts of the last reading; none is started after this time, because k6 waits for the account. */
const LAST_LOOKS = 3;
const LAST_LOOKS_MS = 5_000;

/** Observes a far end as its pipeline declares, until it is stopped. */
export interface Follower {
  /** A last, complete reading. */
  finish(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts to observe a far end; null where others report the arrivals. */
export function follow(pipeline: AnyPipeline, farEnd: FarEndContext, patience = ANSWER_MS): Follower | null {
  const { observe } = pipeline;
  const environment = environmentOf(pipeline, process.env);
  const access = new FarEndAccess(pipeline, process.env);
  const answered = <Answer>(answer: Promise<Answer>) => within(patience, answer);
  switch (observe.kind) {
    case "rows":
      return new PollFollower(
        farEnd,
        access,
        new Items(farEnd, async (after) => itemsOf("rows", await answered(observe.rows(after, environment, access)))),
      );
    case "list":
      return new PollFollower(
        farEnd,
        access,
        new Items(farEnd, async (after) =>
          after === null ? itemsOf("list", await answered(observe.list(environment, access))) : [],
        ),
      );
    case "count":
      return new PollFollower(farEnd, access, {
        look: async () => {
          const count = await answered(observe.count(environment, access));
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

/** Waits for an answer. @throws when none comes in time; whoever is late then is not listened to any more. */
async function within<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer> {
  const answered = new AbortController();
  const late = pause(ms, undefined, { signal: answered.signal }).then(() => {
    throw new Error(`no answer within ${ms / 1_000} s`);
  });
  return Promise.race([answer, late]).finally(() => answered.abort());
}

function enter(farEnd: FarEndContext, arrival: { path?: string; text: string } | string): void {
  farEnd.arrived(typeof arrival === "string" ? { text: arrival } : arrival, farEnd.now());
}

/** Polls a far end. */
class PollFollower implements Follower {
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
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const worked = await this.attempt(async () => {
        await this.looked.look();
        this.farEnd.looked(null, await this.looked.lookAgain());
      });
      // A single error of something that is polled ten times a second must not invalidate the run.
      if (worked || attempt === LAST_LOOKS || performance.now() - began > LAST_LOOKS_MS) return;
      await pause(RETRY_MS);
    }
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
      // Refused credentials often show as an error in reading the answer.
      this.farEnd.looked(this.access.problem ?? safeMessageOf(problem));
      return false;
    }
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
