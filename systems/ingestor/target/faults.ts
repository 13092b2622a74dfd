import { always, characters, type Faults, type FaultTable, milliseconds, oneIn } from "../../../target/faults.ts";

/** The faults of the message ingestor. For a dead worker, simply start none. */
export const INGESTOR_FAULTS = {
  drop: oneIn("every N-th message is accepted and never stored"),
  duplicate: oneIn("every N-th message becomes two rows"),
  truncate: characters("contents are stored with N characters at most"),
  "repeat-id": oneIn("every N-th message is answered with the message_id of the previous one"),
  slow: milliseconds("every message is answered MS milliseconds late"),
  narrow: characters("contents of more than N characters are refused"),
  fragile: always("an invalid message is answered with 500"),
  "slow-worker": milliseconds("the worker needs MS milliseconds more to store a batch"),
  "lose-buffer": always("a worker that is stopped loses its buffer"),
  "short-ids": always("message ids have two digits, so that they repeat"),
  "whole-batches": always("a worker never stores a batch that is not full"),
  rewrite: milliseconds("the content and user of every row change MS milliseconds after it was stored"),
  "poison-blocks": always("a message that cannot be read holds up its batch for ever"),
} as const satisfies FaultTable;

export type IngestorFaults = Faults<typeof INGESTOR_FAULTS>;
