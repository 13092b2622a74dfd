/** A webhook endpoint as the pipeline's database describes it, with the rule that selects its events. */
export interface Endpoint {
  /** The last part of its webhook's URL, and its name in reports. */
  readonly name: string;
  /** Contracts, in any case; null for all. */
  readonly contract_addresses: readonly string[] | null;
  /** Topic hashes that an event must all have; null for any. These are not Solidity signatures. */
  readonly event_signatures: readonly string[] | null;
  readonly chain_ids: readonly number[] | null;
  readonly is_active: boolean;
}

/** The attributes of a log entry that endpoints select by. */
export interface Selectable {
  readonly chainId: number;
  readonly contract: string;
  readonly topics: readonly string[];
}

/** Whether an endpoint must get an event, by the pipeline's contract. */
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
