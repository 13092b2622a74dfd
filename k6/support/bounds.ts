/** Bounds of objectives that variables set or switch off. */
import { type Slo, sloVariable, withBound } from "../../core/slo.ts";
import { type Environment, givenIn, shown } from "./environment.ts";

/** What an objective is set to when the run is not to be held to it. */
export const OFF = Number.POSITIVE_INFINITY;

/** Bounds of objectives that were set by variables such as `SLO_WS_EVENT_LATENCY_MS_P95`. */
export function readBounds(rows: readonly Slo[], environment: Environment): Record<string, number> {
  const bounds: Record<string, number> = {};
  for (const name of rows.map(sloVariable)) {
    const text = givenIn(environment, name);
    if (text === undefined) continue;
    // What the run measures by cannot be given up, only what the target is held to.
    const mayBeOff = rows.every((row) => sloVariable(row) !== name || row.miss === "FAIL");
    const bound = text === "off" && mayBeOff ? OFF : Number(text);
    if (text.trim() === "" || Number.isNaN(bound) || bound < 0 || (bound === OFF && text !== "off")) {
      throw new RangeError(`${name}=${shown(name, text)}: allowed: a number from 0${mayBeOff ? ", or off" : ""}`);
    }
    bounds[name] = bound;
  }
  return bounds;
}

/** What a variable made of an objective; null where that is the standard. */
export function changeOf(row: Slo, bound: number | undefined): string | null {
  if (bound === undefined || bound === row.bound) return null;
  const standard = `${row.metric} ${row.statistic} ${row.comparison} ${row.bound}`;
  if (bound === OFF) return `${standard} is switched off by ${sloVariable(row)}`;
  const { comparison } = withBound(row, bound);
  return `${standard} is held to ${comparison} ${bound} by ${sloVariable(row)}`;
}
