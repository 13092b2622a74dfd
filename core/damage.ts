import type { DamageReport } from "./report.ts";

/** In what a delivery differs from the event that was sent; both values as JSON, cut short. */
export type Damage = Omit<DamageReport, "count">;

/** Kinds of damage by field: how often each was seen, and one of them as evidence. */
export class DamageTally {
  private readonly kinds = new Map<string, DamageReport>();

  /** Enters so many damages that are alike. @returns whether it is the first of its kind. */
  enter(damage: Damage, count = 1): boolean {
    const known = this.kinds.get(damage.field);
    this.kinds.set(damage.field, { ...(known ?? damage), count: (known?.count ?? 0) + count });
    return known === undefined;
  }

  /** Takes out what was entered. */
  take(): DamageReport[] {
    const taken = [...this.kinds.values()];
    this.kinds.clear();
    return taken;
  }

  /** Each kind as a line, the most frequent first. */
  described(): string[] {
    return [...this.kinds.values()].sort((a, b) => b.count - a.count).map(describeDamage);
  }
}

/** A kind of damage as a line. */
export function describeDamage({ field, sent, received, count }: DamageReport): string {
  const compared = count === 1 ? "1 delivery" : `${count} deliveries`;
  return `${field} is not what was published in ${compared} that ${count === 1 ? "was" : "were"} compared: sent ${sent}, received ${received}`;
}
