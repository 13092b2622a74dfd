import type { DamageReport } from "./report.ts";

/** The difference between a delivery and the event that was sent; both values as truncated JSON. */
export type Damage = Omit<DamageReport, "count">;

/** Kinds of damage by field: the number of each, and an example. */
export class DamageTally {
  private readonly kinds = new Map<string, DamageReport>();

  /** Enters `count` damages of the same kind. @returns whether it is the first of its kind. */
  enter(damage: Damage, count = 1): boolean {
    const known = this.kinds.get(damage.field);
    this.kinds.set(damage.field, { ...(known ?? damage), count: (known?.count ?? 0) + count });
    return known === undefined;
  }

  /** Removes and returns all entries. */
  take(): DamageReport[] {
    const taken = [...this.kinds.values()];
    this.kinds.clear();
    return taken;
  }

  /** One line for each kind, most frequent first. */
  described(): string[] {
    return [...this.kinds.values()].sort((a, b) => b.count - a.count).map(describeDamage);
  }
}

/** A kind of damage as one line. */
export function describeDamage({ field, sent, received, count }: DamageReport): string {
  const compared = count === 1 ? "1 delivery" : `${count} deliveries`;
  return `${field} is not what was published in ${compared} that ${count === 1 ? "was" : "were"} compared: sent ${sent}, received ${received}`;
}
