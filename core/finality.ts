/** Which answers of HTTP will be the same another time. Pure. */

/** Answers that another time may be others: too slow, too early, too many. */
const PASSING = [408, 425, 429];
/** Whether an answer means that the same will never be taken there. */
export function isFinal(status: number): boolean {
  return status >= 400 && status <= 499 && !PASSING.includes(status);
}

const OF_ADDRESS = [404, 405, 410, 421];
/** Whether an answer is about the address, and not about what was sent there. */
export function isOfAddress(status: number): boolean {
  return OF_ADDRESS.includes(status);
}
