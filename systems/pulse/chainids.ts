/** Compares a gateway's chain numbers with those of the published events. */
import type { Account } from "../../core/account.ts";
import type { ChainNumbers } from "./wire.ts";

/** Its name in filters. */
const CHAINS = "chains";

/**
 * The numbers that would fit what the gateway made of the published ones; null where they fit, or where the deliveries
 * do not show it.
 *
 * @param numbers of the published events.
 * @returns what is wrong, and what to set.
 */
export function fittingChainIds(
  { mistaken }: Pick<Account, "mistaken">,
  chains: readonly string[],
  numbers: ChainNumbers,
): string | null {
  const found = mistaken.filter(({ attribute, sent }) => attribute === CHAINS && chains.includes(sent));
  if (found.length === 0) return null;
  const wrong = found.map(({ sent, received }) =>
    received === null
      ? `the gateway does not know chain number ${numbers[sent]} (${sent}), and sends its events to everybody`
      : `the gateway takes chain number ${numbers[sent]} for ${received}, not for ${sent}`,
  );
  const renamed = new Map(
    found.flatMap(({ sent, received }) => (received === null ? [] : [[received, numbers[sent]]])),
  );
  if (renamed.size === 0) return `${wrong.join("; ")}: give it the gateway's own number in CHAIN_IDS`;
  // A chain without a visible error keeps its number, unless that is known to belong to another.
  const taken = new Set(renamed.values());
  const fitting = chains.map((chain) => {
    const kept = taken.has(numbers[chain]) ? undefined : numbers[chain];
    return `${chain}=${renamed.get(chain) ?? kept ?? "?"}`;
  });
  return `${wrong.join("; ")}: CHAIN_IDS=${fitting.join(",")} would fit`;
}
