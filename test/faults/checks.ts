/** What must hold of the numbers of many rows. */
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

/** A number of the account that the plant decides. */
export const exactly = (key: CountName, count: number): Check => [
  `${key} is ${count}`,
  (account: Account) => account[key] === count,
];

/** When a load is under way. */
export const begun = ({ published }: Account): boolean => published > 300;
