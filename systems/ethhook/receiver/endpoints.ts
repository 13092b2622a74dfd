import type { Account } from "../../../core/account.ts";
import { backlogGrowth } from "../../../core/backlog.ts";
import { Histogram } from "../../../core/histogram.ts";
import { type HopsReport, leftPending, mergeHops } from "../../../core/hops.ts";
import type { PathAccount } from "../../../core/ledger.ts";
import { beginningOf } from "../../../core/redaction.ts";
import type { Second } from "../../../core/timeline.ts";
import { CANARY_PUBLISHER, type Trace } from "../../../core/trace.ts";
import { Examples } from "../../../receiver/examples.ts";
import type { AccountPart, Observer, ObserverContext } from "../../../receiver/observer.ts";
import type { Path } from "../../../receiver/path.ts";
import { Strays } from "../../../receiver/strays.ts";
import { explain, observations } from "../causes.ts";
import type { Webhooks } from "../opening.ts";
import { damagedField, type LogWorkload, type Webhook } from "../wire.ts";
import { type Delivery, EndpointPath, type RefusedAttempt } from "./endpoint.ts";

/** Longest quote of a damaged value. */
const SHOWN_LENGTH = 80;

/** Most kinds of unreadable bodies; text that varies would fill an account. */
const MOST_PROBLEMS = 10;
const OTHER_PROBLEMS = "other problems";

/** The retries of the contract's sender. */
const RETRY_PAUSES_MS = [2_000, 4_000, 8_000, 16_000];

/** The endpoints of one run, and arrivals that are no deliveries. */
export class Endpoints implements Observer {
  /** Webhooks are sent concurrently, and retried. */
  readonly order = "none";
  private readonly byName: ReadonlyMap<string, EndpointPath>;
  private readonly observed: ObserverContext;
  /** Descriptions of the first damaged webhooks. */
  private readonly damages = new Examples();
  private readonly workload: LogWorkload;
  private misbehaviours = 0;
  private wrongSignatures = 0;
  private unchecked = 0;
  private damagedWebhooks = 0;
  private readonly strays = new Strays();
  private hops: HopsReport | null = null;
  private readonly transfer = new Histogram();
  private readonly unreadable = new Map<string, number>();
  private readonly signatureProblems = new Map<string, number>();

  constructor(seed: number, webhooks: Webhooks, observed: ObserverContext) {
    const { endpoints, unmatchedShare, variants, retryPauses = RETRY_PAUSES_MS } = webhooks;
    this.observed = observed;
    this.workload = { seed, unmatchedShare, variants };
    this.byName = new Map(endpoints.map((one) => [one.name, new EndpointPath(one, this.workload, retryPauses)]));
  }

  /** Counts a webhook that was not accepted. */
  refused(name: string, refused: RefusedAttempt): void {
    this.byName.get(name)?.refused(refused);
    if (refused.why === "wrong signature") {
      this.wrongSignatures++;
      count(this.signatureProblems, refused.problem ?? "does not fit the body");
    } else this.misbehaviours++;
  }

  /** Counts a request whose body is no webhook. @param problem what is wrong with it. */
  unread(problem: string): void {
    count(this.unreadable, problem);
  }

  get paths(): Iterable<EndpointPath> {
    return this.byName.values();
  }

  /** Enters an accepted webhook. */
  delivered(name: string, delivery: Delivery, body: Webhook): void {
    const { trace } = delivery;
    const isOfLoad = trace.publisher !== CANARY_PUBLISHER;
    const path = this.byName.get(name);
    const isFirst = path !== undefined && this.enter(path, delivery, body);
    // A stray is an arrival, too: after the account is closed, only this shows it.
    if (isOfLoad) this.observed.arrived(1, isFirst ? 1 : 0);
    if (path === undefined) this.strays.enter(name, trace.seq, isOfLoad);
  }

  private enter(path: EndpointPath, delivery: Delivery, body: Webhook): boolean {
    const { trace, headersAt, arrivedAt, isSigned } = delivery;
    if (trace.publisher !== CANARY_PUBLISHER) {
      this.transfer.record(arrivedAt - headersAt);
      this.compare(path.name, trace, body);
      if (!isSigned) this.unchecked++;
    }
    return path.enter(delivery, this.observed.deliveries);
  }

  /** Enters the readings of the stream and the queues between publishing and delivery. */
  read(report: HopsReport): void {
    this.hops = this.hops === null ? report : mergeHops(this.hops, report);
  }

  causes(account: Account): string[] {
    return explain(account, this.hops);
  }

  findings(account: Account): string[] {
    return [...this.damages.lines(this.damagedWebhooks), ...observations(account)];
  }

  examples(): readonly string[] {
    return this.damages.listed;
  }

  atClose({ webhooks, span }: Account, seconds: readonly Second[]): Partial<Account> {
    return webhooks === null ? {} : { webhooks: { ...webhooks, growth: backlogGrowth(seconds, span) } };
  }

  /** The readings of the stream are complete only when the account is closed. */
  sinceClose({ webhooks }: Account): Partial<Account> {
    const { hops } = this;
    return webhooks === null || hops === null ? {} : { webhooks: { ...webhooks, leftPending: leftPending(hops) } };
  }

  private compare(name: string, trace: Trace, body: Webhook): void {
    const field = damagedField(body, this.workload, trace);
    if (field === null) return;
    this.damagedWebhooks++;
    if (this.damages.isFull) return;
    const value = beginningOf(JSON.stringify(body[field]), SHOWN_LENGTH);
    this.damages.add(`event ${trace.seq} came to ${name} damaged: its ${field} is ${value}`);
  }

  account(settle: (path: Path) => PathAccount): AccountPart {
    const now = this.observed.now();
    const paths = [...this.paths];
    const endpoints = paths.map((path) => path.describe(settle(path), now));
    const webhooks = {
      endpoints,
      growth: null,
      leftPending: null,
      attempts: endpoints.reduce((sum, { attempts }) => sum + attempts, 0),
      retried: endpoints.reduce((sum, { retried }) => sum + retried, 0),
      unraisedHeaders: paths.reduce((sum, { failures }) => sum + failures.unraisedHeaders, 0),
      transfer: this.transfer.percentiles(),
      unreadable: Object.fromEntries(this.unreadable),
      hasty: paths.reduce((sum, { failures }) => sum + failures.hasty, 0),
      abandoned: this.abandoned(now),
      misbehaved: this.misbehaviours,
      wrongSignatures: this.wrongSignatures,
      signatureProblems: Object.fromEntries(this.signatureProblems),
      uncheckedSignatures: this.unchecked,
      damaged: this.damagedWebhooks,
      strays: this.strays.count,
    };
    return { webhooks, strays: this.strays.count, elsewhere: this.strays.events };
  }

  private abandoned(now: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { failures } of this.paths) {
      for (const [how, count] of failures.abandoned(now)) counts[how] = (counts[how] ?? 0) + count;
    }
    return counts;
  }
}

/** Counts a problem by its text. */
function count(problems: Map<string, number>, problem: string): void {
  const isKnown = problems.has(problem) || problems.size < MOST_PROBLEMS;
  const kind = isKnown ? problem : OTHER_PROBLEMS;
  problems.set(kind, (problems.get(kind) ?? 0) + 1);
}
