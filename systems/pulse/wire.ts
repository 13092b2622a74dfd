/** The names, numbers and fields of the gateway's wires: JetStream in, WebSocket out. */

/** The gateway's names of chains and its numbers for them; real systems disagree, so both are settings. */
export type ChainNumbers = Readonly<Record<string, number>>;

/** The numbers that the gateway decodes. Its own generator has ethereum and solana the other way round. */
export const CHAIN_NUMBERS: ChainNumbers = {
  solana: 1,
  ethereum: 2,
  polygon: 3,
  arbitrum: 4,
  optimism: 5,
  base: 6,
  avalanche: 7,
  bsc: 8,
};

export const STREAM = "CANONICAL_EVENTS";

/** What the subjects of events start with; a chain's number and an event type follow. */
export const SUBJECT = "events.canonical";

/** The subjects of all events. @param prefix as {@link SUBJECT}. */
export function subjectsBelow(prefix: string): string {
  return `${prefix}.>`;
}

/** The subject an event is published on: `events.canonical.<chain number>.<event type>`. */
export function subject(prefix: string, chainNumber: number, eventType: string): string {
  return `${prefix}.${chainNumber}.${eventType}`;
}

/** How final a block is, as the gateway numbers it. */
export const COMMITMENT_LEVELS = ["unspecified", "processed", "confirmed", "finalized"] as const;

/** What an event says of the chain's history, as the gateway numbers it. */
export const REORG_ACTIONS = ["unspecified", "normal", "retract", "replace"] as const;

/** An event as the gateway decodes it from JetStream: another JSON type in any field makes it drop the event. */
export interface CanonicalEvent {
  readonly event_id: string;
  readonly chain: number;
  /** Place in {@link COMMITMENT_LEVELS}. */
  readonly commitment_level: number;
  readonly block_number: number;
  readonly block_hash: string;
  readonly tx_hash: string;
  readonly event_type: string;
  readonly accounts: readonly string[];
  /** RFC 3339. */
  readonly timestamp: string;
  /** Bytes in base64. */
  readonly payload?: string;
  /** Place in {@link REORG_ACTIONS}. */
  readonly reorg_action: number;
  readonly program_id?: string;
  readonly native_value: number;
  /** RFC 3339. */
  readonly published_at: string;
}

/** An event as the gateway sends it to a subscriber: the `data` of an `event` frame. */
export interface DeliveredEvent {
  readonly event_id: string;
  readonly chain: string;
  readonly block_num: number;
  readonly tx_hash: string;
  readonly event_type: string;
  readonly accounts: readonly string[];
  readonly program_id: string;
  readonly native_value: number;
  readonly timestamp: string;
}
