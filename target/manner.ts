import { Option } from "commander";

/**
 * How a reference target behaves where the contract leaves it open: `contract` in the way that is easiest to test,
 * `real` in the way of the system in the field that it stands for.
 */
export const MANNERS = ["contract", "real"] as const;
export type Manner = (typeof MANNERS)[number];

/** The flag of a target that chooses it. */
export function mannerOption(): Option {
  return new Option("--as <manner>", "as the contract has it, or as the system in the field behaves")
    .choices(MANNERS)
    .default("contract");
}
