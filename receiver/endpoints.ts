import type { WebhookAccount } from "../workload/account.ts";
import type { Webhooks } from "../workload/report.ts";
import { CANARY_PUBLISHER, type Trace } from "../workload/trace.ts";
import { damagedField, type LogWorkload, type Webhook } from "../workload/wire/ethhook.ts";
import type { Deliveries } from "./deliveries.ts";
import { type Delivery, EndpointPath } from "./endpoint.ts";
import type { Path } from "./path.ts";

/** How a webhook that belongs to a run was answered, when it was not taken. */
export type Refusal = "misbehaved" | "wrong signature";

/** The endpoints of one run, and what came that was no delivery. */
export class Endpoints {
  readonly paths: ReadonlyMap<string, EndpointPath>;
  private readonly workload: LogWorkload;
  private readonly refusals: Record<Refusal, number> = { misbehaved: 0, "wrong signature": 0 };
  private damages = 0;
  private strays = 0;

  constructor(seed: number, { endpoints, unmatchedShare }: Webhooks) {
    this.workload = { seed, unmatchedShare };
    this.paths = new Map(endpoints.map((one) => [one.name, new EndpointPath(one, this.workload)]));
  }

  /** Counts webhooks that were not taken. */
  refused(name: string, trace: Trace, why: Refusal): void {
    if (trace.publisher !== CANARY_PUBLISHER) this.paths.get(name)?.attempted();
    this.refusals[why]++;
  }

  /** Enters a webhook that was taken. @returns whether it is the first delivery of an event of the load. */
  delivered(name: string, delivery: Delivery, body: Webhook, deliveries: Deliveries): boolean {
    const { trace } = delivery;
    const path = this.paths.get(name);
    if (path === undefined) {
      if (trace.publisher !== CANARY_PUBLISHER) this.strays++;
      return false;
    }
    if (trace.publisher !== CANARY_PUBLISHER) {
      path.attempted();
      if (damagedField(body, this.workload, trace) !== null) this.damages++;
    }
    return path.enter(delivery, deliveries);
  }

  /** @param settle settles one path against what was published. */
  account(settle: (path: Path) => ReturnType<Path["settle"]>): WebhookAccount {
    const endpoints = [...this.paths.values()].map((path) => path.describe(settle(path)));
    return {
      endpoints,
      attempts: endpoints.reduce((sum, { attempts }) => sum + attempts, 0),
      retried: endpoints.reduce((sum, { retried }) => sum + retried, 0),
      misbehaved: this.refusals.misbehaved,
      wrongSignatures: this.refusals["wrong signature"],
      damaged: this.damages,
      strays: this.strays,
    };
  }
}
