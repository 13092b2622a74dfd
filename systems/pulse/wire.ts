/** The names, numbers and fields of the gateway's protocols: JetStream in, WebSocket out. */

/** The gateway's chains and their numbers; real systems differ, so both are settings. */
export type ChainNumbers = Readonly<Record<string, number>>;

/** The numbers that the gateway decodes. Its own generator has ethereum and solana swapped. */
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

/** Prefix of the subjects of events; a chain's number and an event type follow. */
export const SUBJECT = "events.canonical";

/** The subjects of all events. @param prefix see {@link SUBJECT}. */
export function subjectsBelow(prefix: string): string {
  return `${prefix}.>`;
}

/** The subject of an event: `events.canonical.<chain number>.<event type>`. */
export function subject(prefix: string, chainNumber: number, eventType: string): string {
  return `${prefix}.${chainNumber}.${eventType}`;
}

/** Commitment levels, by the gateway's numbers. */
export const COMMITMENT_LEVELS = ["unspecified", "processed", "confirmed", "finalized"] as const;

/** Actions of a reorganisation, by the gateway's numbers. */
export const REORG_ACTIONS = ["unspecified", "normal", "retract", "replace"] as const;

/** An event as the gateway decodes it from JetStream: another JSON type in any field makes it drop the event. */
export interface CanonicalEvent {
  readonly event_id: string;
  readonly chain: number;
  /** Index in {@link COMMITMENT_LEVELS}. */
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
  /** Index in {@link REORG_ACTIONS}. */
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
