/** Numbers as people read them. */

/** A count or a measure: three digits behind the point below ten, one above, thousands set apart. */
export function count(value: number): string {
  const [whole, rest] = String(Number(value.toFixed(Math.abs(value) < 10 ? 3 : 1))).split(".");
  const grouped = (whole as string).replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? grouped : `${grouped}.${rest}`;
}

/** Milliseconds. */
export function ms(value: number): string {
  return `${count(value)} ms`;
}
