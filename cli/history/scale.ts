/** The scales of chart axes. Pure. */

/** A labelled tick of an axis. */
export interface Tick {
  readonly value: number;
  /** Percent of the height, from the top. */
  readonly top: number;
}

export interface Scale {
  /** Percent of the height, from the top. */
  top(value: number): number;
  readonly ticks: readonly Tick[];
}

/** From zero to the greatest value. */
export function linearScale(values: readonly number[]): Scale {
  const greatest = roundUp(Math.max(0, ...values));
  const top = (value: number) => 100 * (1 - value / greatest);
  return { top, ticks: [0, greatest / 2, greatest].map((value) => ({ value, top: top(value) })) };
}

/** Logarithmic; values of zero and below are drawn at the bottom. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const [least, greatest] =
    positive.length === 0 ? [1, 10] : [roundDown(Math.min(...positive)), roundUp(Math.max(...positive))];
  const span = Math.log(greatest / least) || 1;
  const top = (value: number) => 100 * (1 - Math.log(Math.max(value, least) / least) / span);
  return {
    top,
    ticks: [least, roundMiddle(Math.sqrt(least * greatest)), greatest].map((value) => ({ value, top: top(value) })),
  };
}

const STEPS = [1, 2, 5, 10];

function roundUp(value: number): number {
  if (value <= 0) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return (STEPS.find((step) => step * magnitude >= value * (1 - 1e-9)) ?? 10) * magnitude;
}

function roundDown(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return (STEPS.findLast((step) => step * magnitude <= value * (1 + 1e-9)) ?? 1) * magnitude;
}

/** The nearest of 1, 2, 5, 10. */
function roundMiddle(value: number): number {
  const [below, above] = [roundDown(value), roundUp(value)];
  return value / below < above / value ? below : above;
}
