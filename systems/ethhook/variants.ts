/** The log entries of a run: those for the load test's endpoints, or those for the user's own. */
import { type Endpoint, type Selectable, selects } from "./endpoint.ts";
import { TOPICS } from "./sepolia.ts";

/** The recurring parts of log entries. */
export interface LogVariant extends Selectable {
  readonly data: string;
}

/** The entries of a workload: selected by some endpoint, and by none. */
export interface LogVariants {
  readonly wanted: readonly LogVariant[];
  readonly unwanted: readonly LogVariant[];
}

/** 32 bytes, from their last digits. */
export function word(digits: string): string {
  return `0x${digits.padStart(64, "0")}`;
}

export const ALICE = word("a11ce");
export const BOB = word("b0b");
/** 10^18: one token. */
export const AMOUNT = word("de0b6b3a7640000");

/** A log entry of Ethereum has at most this many topics. */
const MOST_TOPICS = 4;
/** One character identifies a variant in a script that adds a batch. */
const MOST_VARIANTS = 70;
/** Most contracts of one endpoint that are used. */
const MOST_CONTRACTS = 3;

/** A contract of no endpoint: for endpoints that accept any contract, and for entries that match none. */
const SOME_CONTRACT = "0x7468726f7567686c696e650000000000000000A1";
const STRANGE_CONTRACT = "0x7468726F7567686c696e65000000000000000b22";

/**
 * Entries for the user's own endpoints, and some that no endpoint selects.
 *
 * @param chainId chain of the stream.
 * @throws RangeError when no endpoint selects anything of that chain.
 */
export function variantsFor(endpoints: readonly Endpoint[], chainId: number): LogVariants {
  const wanted = new Map<string, LogVariant>();
  for (const endpoint of endpoints) {
    for (const variant of entriesFor(endpoint, chainId)) {
      if (selects(endpoint, variant))
        wanted.set(JSON.stringify([variant.contract.toLowerCase(), variant.topics]), variant);
    }
  }
  if (wanted.size === 0) {
    throw new RangeError(
      `none of ${endpoints.length} endpoints wants an event of chain ${chainId}: is CHAIN_ID right?`,
    );
  }
  const strange = [
    { chainId, contract: STRANGE_CONTRACT, topics: [TOPICS.approval, ALICE, BOB], data: AMOUNT },
    ...[...wanted.values()].slice(0, 1).map((variant) => ({ ...variant, contract: STRANGE_CONTRACT })),
    ...[...wanted.values()].slice(0, 1).map((variant) => ({ ...variant, topics: [word("dead"), ALICE] })),
  ];
  return {
    wanted: [...wanted.values()].slice(0, MOST_VARIANTS - strange.length),
    unwanted: strange.filter((variant) => !endpoints.some((endpoint) => selects(endpoint, variant))),
  };
}

/** Entries that satisfy a rule, if any can. */
function entriesFor(endpoint: Endpoint, chainId: number): LogVariant[] {
  const contracts = endpoint.contract_addresses?.slice(0, MOST_CONTRACTS) ?? [SOME_CONTRACT];
  const signatures = endpoint.event_signatures ?? [];
  if (signatures.length > MOST_TOPICS) return [];
  const first = signatures.length === 0 ? [TOPICS.transfer] : signatures;
  const topics = [...first, ALICE, BOB].slice(0, Math.max(first.length, 3));
  return contracts.map((contract) => ({ chainId, contract, topics, data: AMOUNT }));
}

/** What is wrong with an endpoint's rule, so that it matches nothing or not what was meant; null when nothing is. */
export function ruleProblem({ name, event_signatures: signatures, is_active: isActive }: Endpoint): string | null {
  if (!isActive) return `endpoint ${name} is not active: it is told nothing`;
  const text = signatures?.find((signature) => /^\s*\w+\s*\(.*\)\s*$/.test(signature));
  if (text !== undefined) {
    return `endpoint ${name} asks for ${text.trim()}: that is Solidity text, and events carry its topic hash, so that nothing matches`;
  }
  const odd = signatures?.find((signature) => !/^0x[0-9a-f]{64}$/.test(signature));
  if (odd !== undefined) {
    return `endpoint ${name} asks for ${odd}: topic hashes are 0x and 64 small hex digits, so that nothing matches`;
  }
  if ((signatures?.length ?? 0) > MOST_TOPICS) {
    return `endpoint ${name} asks for ${signatures?.length} signatures at once: an event has ${MOST_TOPICS} topics at most, so that nothing matches`;
  }
  const hashes = signatures?.filter((signature) => Object.values(TOPICS).includes(signature)) ?? [];
  if (new Set(hashes).size > 1) {
    return `endpoint ${name} asks for ${hashes.length} events at once: an event is matched when it carries all of them, and it is only one`;
  }
  return null;
}
