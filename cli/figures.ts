/** How numbers are written for people, the same in the terminal, in Markdown and in the report. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** What is written where there is no number. */
export const NOTHING = "–";

/** A number to four digits, a whole one in full: `35,014`, `0.875`, `1,234`. */
export function figure(value: number | null): string {
  if (value === null) return NOTHING;
  return Number.isInteger(value) || Math.abs(value) >= 1_000 ? whole.format(value) : plain.format(value);
}

/** Milliseconds: `5.343 ms`. */
export function milliseconds(value: number | null): string {
  return value === null ? NOTHING : `${figure(value)} ms`;
}

/** A share as percent: `79 %`, `-12 %`. */
export function percent(share: number | null): string {
  if (share === null) return NOTHING;
  const digits = Math.abs(share) < 0.1 ? 1 : 0;
  return `${Number((share * 100).toFixed(digits))} %`;
}

/** A length of time: `850 ms`, `32.5 s`, `5 min 3 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${whole.format(ms)} ms`;
  if (ms < 60_000) return `${plain.format(Math.round(ms / 100) / 10)} s`;
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** One of a thing or several: `1 path`, `3 paths`. */
export function several(count: number, one: string, many = `${one}s`): string {
  return `${figure(count)} ${count === 1 ? one : many}`;
}
