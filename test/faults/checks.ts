/** Checks of numbers that many rows share. */
import type { Account } from "../../core/account.ts";
import type { CountName } from "../../core/counts.ts";
import type { Check } from "./row.ts";

/** Every event is in exactly one class, and every expected delivery in one of two. */
export const balanced: Check = [
  "what was published is acknowledged, refused or unknown, and what was expected delivered or lost",
  ({ published, acknowledged, refused, unknown, expected, delivered, lost }) =>
    published === acknowledged + refused + unknown && expected === delivered + lost && published > 0,
];

export const nothingLost: Check = ["nothing is lost", ({ lost }) => lost === 0];

/** A number of the account that the planted fault determines. */
export const exactly = (key: CountName, count: number): Check => [
  `${key} is ${count}`,
  (account: Account) => account[key] === count,
];

const near = (value: number, wanted: number, share: number) => Math.abs(value - wanted) <= wanted * share;

/** Events that are sent on time are reported as such, however slow the answers are. */
export const offeredAt = (rate: number): Check => [
  `${rate} events a second are told to have been sent`,
  (_, tests) => tests.some(({ achieved }) => achieved !== undefined && near(achieved, rate, 0.03)),
];

/** If each delivery takes `ms`, this many are in flight when the last event has been sent. */
export const onItsWay = (milliseconds: number, rate: number): Check => [
  `what was sent in the last ${milliseconds} ms is the backlog, and so long is the drain`,
  ({ backlog, drain }) =>
    near(backlog, (rate * milliseconds) / 1_000, 0.25) && drain >= milliseconds * 0.9 && drain <= milliseconds * 2,
];

/** When a load is under way. */
export const begun = ({ published }: Account): boolean => published > 300;
