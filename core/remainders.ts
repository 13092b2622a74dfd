/** Finds how a written number follows from the number of its probe. */
import { probeValues } from "./probes.ts";

/** Random numbers and sequence numbers are below this. */
export const MOST = 2 ** 32;

/**
 * Reads the numbers that probes wrote as `Math.floor(number / every) % divisor + plus`.
 *
 * @param values one for each value of a probe's number.
 * @returns the possible divisors, infinity for a number without a remainder; none where the formula does not fit.
 */
export function remainderOf(values: readonly number[], every: number): { divisors: readonly number[]; plus: number } {
  const numbers = probeValues().seq.map((number) => Math.floor(number / every));
  const plus = values[0] as number;
  const rests = values.map((value) => value - plus);
  // A remainder takes away a multiple of the divisor, so the divisor divides all that is taken away.
  const most = rests.reduce((divisor, rest, place) => common(divisor, (numbers[place] as number) - rest), 0);
  if (plus >= MOST || rests.some((rest) => rest < 0)) return { divisors: [], plus };
  if (most === 0) return { divisors: [Number.POSITIVE_INFINITY], plus };
  // One in thirty thousand divisors comes out twice as large as it is.
  const divisors = [1, 2, 3, 4].map((times) => most / times);
  return { divisors: divisors.filter((one) => Number.isInteger(one) && one > Math.max(...rests)), plus };
}

/** The greatest common divisor. */
function common(one: number, other: number): number {
  return other === 0 ? Math.abs(one) : common(other, one % other);
}

/** The first number whose text differs from that of 0. */
export function firstChange(at: (number: number) => string): number {
  const first = at(0);
  let high = 1;
  while (high < MOST && at(high) === first) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) === first) low = middle;
    else high = middle;
  }
  return high;
}
