/**
 * When the connections of a load that begins all at once are opened. Ten thousand in one moment keep k6 and the gateway
 * busy for seconds in which nothing is on time; whoever wants to see just that asks for it.
 */

/** Connections per second that a k6 process opens; "max" opens all at once. */
export type OpeningRate = number | "max";

/** Seconds from the start of the load. @param place of a connection in its process, from 0. */
export function opensAfter(place: number, rate: OpeningRate): number {
  return rate === "max" ? 0 : place / rate;
}
