import type { WebhookAccount } from "../core/account.ts";
import type { Webhooks } from "../core/report.ts";
import { CANARY_PUBLISHER, type Trace } from "../core/trace.ts";
import { damagedField, type LogWorkload, type Webhook } from "../systems/ethhook/wire.ts";
import type { Deliveries } from "./deliveries.ts";
import { type Delivery, EndpointPath } from "./endpoint.ts";
import type { Refusal } from "./failures.ts";
import type { Path } from "./path.ts";

/** How many damaged webhooks an account describes. */
const EVIDENCE = 5;

/** As much of a damaged value is shown. */
const SHOWN_LENGTH = 80;

/** The endpoints of one run, and what came that was no delivery. */
export class Endpoints {
  readonly paths: ReadonlyMap<string, EndpointPath>;
  /** What is wrong with the first damaged webhooks. */
  readonly damages: string[] = [];
  private readonly workload: LogWorkload;
  private misbehaviours = 0;
  private wrongSignatures = 0;
  private unchecked = 0;
  private damagedWebhooks = 0;
  private strays = 0;

  constructor(seed: number, { endpoints, unmatchedShare }: Webhooks) {
    this.workload = { seed, unmatchedShare };
    this.paths = new Map(endpoints.map((one) => [one.name, new EndpointPath(one, this.workload)]));
  }

  /** Counts webhooks that were not taken. */
  refused(name: string, trace: Trace, at: number, why: Refusal): void {
    this.paths.get(name)?.refused(trace, at, why);
    if (why === "wrong signature") this.wrongSignatures++;
    else this.misbehaviours++;
  }

  /** Enters a webhook that was taken. @returns whether it is the first delivery of an event of the load. */
  delivered(name: string, delivery: Delivery, body: Webhook, deliveries: Deliveries): boolean {
    const { trace } = delivery;
    const path = this.paths.get(name);
    if (path === undefined) {
      if (trace.publisher !== CANARY_PUBLISHER) this.strays++;
      return false;
    }
    path.attempted(trace, delivery.arrivedAt);
    const isOfLoad = trace.publisher !== CANARY_PUBLISHER;
    if (isOfLoad) this.compare(name, trace, body);
    if (isOfLoad && !delivery.isSigned) this.unchecked++;
    return path.enter(delivery, deliveries);
  }

  private compare(name: string, trace: Trace, body: Webhook): void {
    const field = damagedField(body, this.workload, trace);
    if (field === null) return;
    this.damagedWebhooks++;
    if (this.damages.length === EVIDENCE) return;
    const value = JSON.stringify(body[field]).slice(0, SHOWN_LENGTH);
    this.damages.push(`event ${trace.seq} came to ${name} damaged: its ${field} is ${value}`);
  }

  /** @param settle settles one path against what was published. */
  account(settle: (path: Path) => ReturnType<Path["settle"]>): WebhookAccount {
    const endpoints = [...this.paths.values()].map((path) => path.describe(settle(path)));
    return {
      endpoints,
      attempts: endpoints.reduce((sum, { attempts }) => sum + attempts, 0),
      retried: endpoints.reduce((sum, { retried }) => sum + retried, 0),
      hasty: [...this.paths.values()].reduce((sum, { failures }) => sum + failures.hasty, 0),
      abandoned: this.abandoned(),
      misbehaved: this.misbehaviours,
      wrongSignatures: this.wrongSignatures,
      uncheckedSignatures: this.unchecked,
      damaged: this.damagedWebhooks,
      strays: this.strays,
    };
  }

  private abandoned(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { failures } of this.paths.values()) {
      for (const [how, count] of failures.abandoned()) counts[how] = (counts[how] ?? 0) + count;
    }
    return counts;
  }
}
