/** A receiver of webhooks as the pipeline's database describes it: what it wants to be told. */
export interface Endpoint {
  /** The last part of its webhook's URL, and what reports call it. */
  readonly name: string;
  /** Contracts, in any case of their letters; null for all. */
  readonly contract_addresses: readonly string[] | null;
  /** Topic hashes that an event must all carry; null for any. Not Solidity signatures. */
  readonly event_signatures: readonly string[] | null;
  readonly chain_ids: readonly number[] | null;
  readonly is_active: boolean;
}

/** The attributes of a log entry that an endpoint looks at. */
export interface Selectable {
  readonly chainId: number;
  readonly contract: string;
  readonly topics: readonly string[];
}

/** Whether an endpoint must be told of an event: the rule of the pipeline's contract. */
export function selects(endpoint: Omit<Endpoint, "name">, event: Selectable): boolean {
  const { contract_addresses, event_signatures, chain_ids, is_active } = endpoint;
  const contract = event.contract.toLowerCase();
  return (
    is_active &&
    (chain_ids === null || chain_ids.includes(event.chainId)) &&
    (contract_addresses === null || contract_addresses.some((address) => address.toLowerCase() === contract)) &&
    (event_signatures === null || event_signatures.every((signature) => event.topics.includes(signature)))
  );
}
