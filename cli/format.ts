/** How shares, durations and counts are formatted for people. */
import { NOTHING } from "../core/numbers.ts";

/** A number for an axis: `15k`. */
export function compact(value: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value).toLowerCase();
}

/** A share in percent: `79 %`, `-12 %`. */
export function percent(share: number | null): string {
  if (share === null) return NOTHING;
  const digits = Math.abs(share) < 0.1 ? 1 : 0;
  return `${Number((share * 100).toFixed(digits))} %`;
}

/** A duration: `850 ms`, `32.5 s`, `5 min 3 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
