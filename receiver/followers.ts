import { setTimeout as pause } from "node:timers/promises";
import { number } from "../core/numbers.ts";
import type { Closable } from "../core/observe.ts";
import { environmentOf, urlsIn } from "../core/ownvariables.ts";
import type { AnyPipeline } from "../core/pipeline.ts";
import { safeMessageOf, withoutCredentials } from "../core/redaction.ts";
import { FarEndAccess } from "./access.ts";
import { itemsOf, WronglyGiven } from "./givenitems.ts";
import { Items } from "./items.ts";
import type { FarEndContext, Poll, Reading } from "./poll.ts";
import { thrownAt } from "./thrownat.ts";

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
  /** Where the far end is, as in `LIST_URL (http://127.0.0.1:3000/orders)`; null where that is not known. */
  readonly address: string | null;
  /** A last, complete reading; may be called twice. @param ms what takes longer has failed. */
  finish(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts to observe a far end; null where others report the arrivals. */
export function follow(pipeline: AnyPipeline, farEnd: FarEndContext, slowMs = SLOW_MS): Follower | null {
  const { observe } = pipeline;
  const asked = new AskedAddress(pipeline);
  const { environment } = asked;
  const access = new FarEndAccess(pipeline, process.env);
  const polled = (poll: Poll) => new PollFollower(farEnd, access, asked, poll, slowMs);
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
            throw new WronglyGiven(
              `count() gives ${withoutCredentials(String(count)).slice(0, 40)}; allowed: a number`,
            );
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

/** The variable with the address that the pipeline's code asks, found by what it reads. */
class AskedAddress {
  readonly environment: ReturnType<typeof environmentOf>;
  private readonly urls: Readonly<Record<string, string>>;
  private readonly read = new Set<string>();

  constructor(pipeline: AnyPipeline) {
    this.urls = urlsIn(pipeline, process.env);
    this.environment = new Proxy(environmentOf(pipeline, process.env), {
      get: (all, name, self) => {
        if (typeof name === "string" && Object.hasOwn(this.urls, name)) this.read.add(name);
        return Reflect.get(all, name, self) as string | undefined;
      },
    });
  }

  /** Null where several are read: which of them is asked is not known. */
  get name(): string | null {
    const [name, ...others] = this.read;
    return name === undefined || others.length > 0 ? null : name;
  }

  get address(): string | null {
    const { name } = this;
    if (name === null) return null;
    return `${name} (${withoutCredentials(this.urls[name] ?? "")})`;
  }
}

/** Polls a far end, one reading at a time: another beside one that is slow would make both slower. */
class PollFollower implements Follower {
  private readonly farEnd: FarEndContext;
  private readonly access: FarEndAccess;
  private readonly asked: AskedAddress;
  private readonly looked: Poll;
  private readonly stopped = new AbortController();
  private readonly slowMs: number;
  private reading: Promise<void>;
  private isGivenUp = false;

  constructor(farEnd: FarEndContext, access: FarEndAccess, asked: AskedAddress, looked: Poll, slowMs: number) {
    this.farEnd = farEnd;
    this.access = access;
    this.asked = asked;
    this.looked = looked;
    this.slowMs = slowMs;
    this.reading = this.follow();
  }

  get address(): string | null {
    return this.asked.address;
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
    this.access.lastAnswer.forget();
    try {
      await this.access.ready();
      await work();
      const { problem } = this.access;
      this.enter(problem, null, problem === null ? null : this.refusedBy(problem));
      return problem === null;
    } catch (problem) {
      // Refused credentials often show as an error in reading the answer.
      const refused = this.access.problem;
      const why = refused ?? this.access.lastAnswer.explain(problem);
      this.enter(why, refused === null ? this.thrownBy(problem) : null, this.refusedBy(refused));
      return false;
    } finally {
      clearTimeout(slow);
    }
  }

  private enter(problem: string | null, thrown: string | null, refused: Reading["refused"] = null): void {
    if (!this.isGivenUp) this.farEnd.read({ problem, thrown, refused });
    this.tell(problem);
  }

  /** An answer that will be the same with the next reading; null for others. @param login what is wrong with ours. */
  private refusedBy(login: string | null): Reading["refused"] {
    const { lastAnswer } = this.access;
    if (!lastAnswer.isFinal) return null;
    if (login !== null) return { variable: null, said: login };
    const said = `${this.address ?? "the far end"} is answered ${lastAnswer.describe()}`;
    const variable = lastAnswer.isOfAddress ? this.asked.name : null;
    return { variable, said: variable === null ? `${said}: mend ${this.farEnd.kind}()` : said };
  }

  /** An error of the pipeline's own code over a good answer, which will be the same with the next one; null for others. */
  private thrownBy(problem: unknown): string | null {
    const { lastAnswer } = this.access;
    if (lastAnswer.isError) return null;
    const place = problem instanceof TypeError || problem instanceof ReferenceError ? thrownAt(problem) : null;
    const said = lastAnswer.describe();
    const isUnreadable = problem instanceof SyntaxError && said !== null;
    if (place === null && !isUnreadable && !(problem instanceof WronglyGiven)) return null;
    const message = safeMessageOf(problem);
    const by = problem instanceof WronglyGiven ? message : `${this.farEnd.kind}() throws ${message}`;
    const answered = said === null ? "" : `; ${this.address ?? "the far end"} answered ${said}`;
    return `${place === null ? "" : `${place}: `}${by}${answered}`;
  }

  /** Whoever is late in the end is not listened to any more. */
  private tell(problem: string | null, gone?: readonly string[]): void {
    if (!this.isGivenUp) this.farEnd.looked(problem, gone);
  }
}

/** Consumes a stream. */
class Consumer implements Follower {
  readonly address = null;
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
