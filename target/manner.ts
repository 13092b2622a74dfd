import { Option } from "commander";

/**
 * How a reference target behaves where the contract leaves a choice: `contract` is the easiest to test, `real` is like
 * the real system.
 */
export const MANNERS = ["contract", "real"] as const;
export type Manner = (typeof MANNERS)[number];

/** The flag of a target that chooses it. */
export function mannerOption(): Option {
  return new Option("--as <manner>", "as the contract has it, or as the system in the field behaves")
    .choices(MANNERS)
    .default("contract");
}
