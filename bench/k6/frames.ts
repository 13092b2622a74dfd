/** What a subscriber does with a frame, timed inside k6: the engine that it has there is another than Node's. */
import { eventId } from "../../core/trace.ts";
import { PathLog } from "../../k6/support/arrivals.ts";
import { event, variants } from "../../systems/pulse/events.ts";
import { areJoined, isEventFrame, soleEventId } from "../../systems/pulse/frames.ts";

const FRAMES = 2_000;
const TIMES = 10;
const ROUNDS = 5;
const FROM = 1_767_225_600_000;

export const options = { vus: 1, iterations: 1 };

const WORKLOAD = { seed: 1, chains: ["ethereum", "solana"] };
const VARIANTS = variants(WORKLOAD);

/** The fields of a delivery in the order of the contract. */
function delivered(seq: number) {
  const { chain, blockNumber, txHash, eventType, accounts } = event(WORKLOAD, seq, VARIANTS);
  const id = eventId({ run: 1, publisher: 1, seq, publishedAt: FROM + seq });
  return {
    ...{ event_id: id, chain, block_num: blockNumber, tx_hash: txHash, event_type: eventType, accounts },
    ...{ program_id: "", native_value: 0, timestamp: "2026-01-01T00:00:00Z" },
  };
}

const seqs = Array.from({ length: FRAMES }, (_, seq) => seq);
const contract = seqs.map((seq) => JSON.stringify({ type: "event", data: delivered(seq) }));
const alphabetical = seqs.map((seq) => {
  const data = Object.fromEntries(Object.entries(delivered(seq)).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ data, type: "event" });
});

/** Microseconds for each frame. */
function cost(frames: readonly string[]): number {
  const log = new PathLog("bench", {}, FROM);
  const began = Date.now();
  for (let time = 0; time < TIMES; time++) {
    for (const frame of frames) {
      const id = !areJoined(frame) && isEventFrame(frame) ? soleEventId(frame) : null;
      if (id === null) throw new Error(`is no event: ${frame}`);
      log.record(id, FROM + 1);
    }
    log.take(FROM + 2, false);
  }
  return ((Date.now() - began) * 1000) / (TIMES * frames.length);
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] as number;
}

export default function measure(): void {
  // In turns, so that a machine that slows down slows both.
  const rounds = Array.from({ length: ROUNDS }, () => ({ contract: cost(contract), last: cost(alphabetical) }));
  const ratio = median(rounds.map(({ contract: first, last }) => last / first));
  console.log(
    `measured ${JSON.stringify({ contract: median(rounds.map((one) => one.contract)), last: median(rounds.map((one) => one.last)), ratio })}`,
  );
}
