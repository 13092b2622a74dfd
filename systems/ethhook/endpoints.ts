/** The endpoints that the load test brings; virtual users that publish have no use for them. */
import type { Endpoint } from "./endpoint.ts";
import { ADDRESSES, CHAIN_ID, type SIGNATURES, TOPICS } from "./sepolia.ts";

function endpoint(name: string, contract: keyof typeof ADDRESSES, signature: keyof typeof SIGNATURES | null): Endpoint {
  return {
    name,
    contract_addresses: [ADDRESSES[contract]],
    event_signatures: signature === null ? null : [TOPICS[signature]],
    chain_ids: [CHAIN_ID],
    is_active: true,
  };
}

/** The endpoints of the load test. */
export const ENDPOINTS: readonly Endpoint[] = [
  endpoint("usdc-transfers", "usdc", "transfer"),
  // An endpoint is matched when all of its signatures are among an event's topics: three signatures
  // would match nothing, so that transfer, deposit and withdrawal are asked for by asking for all.
  endpoint("weth-events", "weth", null),
  endpoint("dai-transfers", "dai", "transfer"),
  endpoint("link-transfers", "link", "transfer"),
  endpoint("uniswap-swaps", "uniswap", "swap"),
];

/** An endpoint that must never be told anything: it asks for swaps of a token that knows none. */
export const NEVER_MATCHING: Endpoint = endpoint("matches-nothing", "usdc", "swap");
