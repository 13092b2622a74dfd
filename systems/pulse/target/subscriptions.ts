import { type Filter, type Filterable, matches } from "../filters.ts";
import type { ReceivedEvent } from "./event.ts";

/** What a client subscribed to. */
export interface Subscription {
  readonly id: string;
  readonly filter: Filter;
  /** Unix ms. */
  readonly createdAt: number;
  /** Unix ms. */
  readonly expiresAt: number;
  /** Sends one written frame to the client. */
  readonly send: (frame: Buffer) => void;
}

/** Delivers an event to a subscription. */
export type Deliver = (subscription: Subscription, event: ReceivedEvent) => void;

interface Group {
  readonly key: string;
  readonly filter: Filter;
  readonly members: Set<Subscription>;
}

/** All live subscriptions, grouped by filter: ten thousand clients with the same filter cost one match per event. */
export class Subscriptions {
  private readonly groups = new Map<string, Group>();
  private readonly homes = new Map<Subscription, Group>();
  private readonly ignored: keyof Filter | undefined;

  /** @param ignored a field of filters that is ignored: a planted fault. */
  constructor(ignored?: keyof Filter) {
    this.ignored = ignored;
  }

  /** Number of subscriptions. */
  get size(): number {
    return this.homes.size;
  }

  has(subscription: Subscription): boolean {
    return this.homes.has(subscription);
  }

  add(subscription: Subscription): void {
    const { ignored } = this;
    const filter = ignored === undefined ? subscription.filter : { ...subscription.filter, [ignored]: [] };
    const key = keyOf(filter);
    let group = this.groups.get(key);
    if (group === undefined) {
      group = { key, filter, members: new Set() };
      this.groups.set(key, group);
    }
    group.members.add(subscription);
    this.homes.set(subscription, group);
  }

  /** Removes a subscription, if it exists. */
  remove(subscription: Subscription): void {
    const group = this.homes.get(subscription);
    if (group === undefined) return;
    this.homes.delete(subscription);
    group.members.delete(subscription);
    if (group.members.size === 0) this.groups.delete(group.key);
  }

  /** Delivers an event to every subscription whose filter it passes: one copy each. */
  dispatch(event: ReceivedEvent, deliver: Deliver): void {
    for (const { filter, members } of this.groups.values()) {
      if (!event.matchesAll && !matches(filter, event)) continue;
      for (const subscription of members) deliver(subscription, event);
    }
  }

  /** Some subscription whose filter an event does not pass. */
  stranger(event: Filterable): Subscription | undefined {
    for (const { filter, members } of this.groups.values()) {
      if (matches(filter, event)) continue;
      for (const subscription of members) return subscription;
    }
    return undefined;
  }
}

/** Equal for equal filters, in whatever order they list values. */
function keyOf(filter: Filter): string {
  const { chains, event_types, accounts, program_ids } = filter;
  return JSON.stringify([chains, event_types, accounts, program_ids].map((values) => [...new Set(values)].sort()));
}
