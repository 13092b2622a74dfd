/** Formats numbers for people: the same in k6's terminal, in Markdown, in the report and on its charts. */

/** Written where there is no number. */
export const NOTHING = "–";

const DIGITS = 4;

/** Four significant digits, integers in full: `35,014`, `0.875`, `1,234`. k6 has no Intl. */
export function number(value: number | null): string {
  if (value === null) return NOTHING;
  const exact = Number.isInteger(value) || Math.abs(value) >= 1_000;
  const [whole = "", rest] = plain(exact ? Math.round(value) : Number(value.toPrecision(DIGITS))).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** Milliseconds: `5.343 ms`. */
export function milliseconds(value: number | null): string {
  return value === null ? NOTHING : `${number(value)} ms`;
}

/** A count with its noun: `1 path`, `3 paths`. */
export function several(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** Without the exponent that JavaScript uses for very small and very large numbers, and without minus zero. */
function plain(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return Math.abs(value) < 1 ? value.toFixed(20).replace(/0+$/, "") : BigInt(value).toString();
}
