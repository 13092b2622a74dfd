/** Rows in which something arrives that belongs to nobody, or whose identity was damaged on its way. */
import { createHmac } from "node:crypto";
import { eventId, runNumber, traceHash } from "../../core/trace.ts";
import { SECRET } from "../../systems/ethhook/cli/start.ts";
import { balanced, begun, exactly, nothingLost } from "./checks.ts";
import { type EthhookPlant, type EthhookStage, ethhook } from "./ethhook.ts";
import { type PulsePlant, pulse } from "./pulse.ts";
import { LATE } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

/** The same text with another last digit. */
const damaged = (text: string) => text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");

/** An event in the gateway's own types. */
export const canonical = (id: string) =>
  JSON.stringify({
    event_id: id,
    ...{ chain: 2, commitment_level: 3, block_number: 18_000_001, block_hash: "0x01", tx_hash: "0x02" },
    ...{ event_type: "transfer", accounts: ["0x02"], timestamp: "2026-01-01T00:00:00Z", payload: "", reorg_action: 1 },
    ...{ native_value: 0, published_at: "2026-01-01T00:00:00.123Z" },
  });

const traceOf = (run: string, seq: number) => ({ run: runNumber(run), publisher: 1, seq, publishedAt: Date.now() });

const PULSE_ROWS: readonly Row<PulsePlant>[] = [
  {
    name: "repetitions with a damaged digit",
    plants: "20 events come to everybody with a check digit that does not fit",
    plant: {
      websocket: { FILTERS: "all" },
      during: async ({ run, publish }) => {
        await run.until(begun);
        for (let seq = 0; seq < 20; seq++) {
          await publish("events.canonical.2.transfer", canonical(damaged(eventId(traceOf(run.id, seq)))));
        }
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_damaged"],
      besides: ["ws_events_damaged", ...LATE],
      checks: [balanced, nothingLost, exactly("damaged", 120)],
    },
  },
];

/** Sends 20 webhooks, rightly signed. @param hash of each. */
async function sendWebhooks({ pipeline }: EthhookStage, hash: (place: number) => string): Promise<void> {
  for (let place = 0; place < 20; place++) {
    const body = JSON.stringify({
      ...{ block_hash: "0x01", block_number: 1, chain_id: 11_155_111, contract_address: "0x02", data: "0x" },
      ...{ log_index: 0, timestamp: 1_767_225_600, topics: [], transaction_hash: hash(place) },
    });
    const headers = {
      "Content-Type": "application/json",
      "X-Webhook-Signature": createHmac("sha256", SECRET).update(body).digest("hex"),
      "X-Webhook-Attempt": "1",
    };
    const answer = await fetch(`${pipeline.receiver.url}/webhook/usdc-transfers`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`webhook: ${answer.status} ${await answer.text()}`);
  }
}

const ETHHOOK_ROWS: readonly Row<EthhookPlant>[] = [
  {
    name: "webhooks: of nobody",
    plants: "nothing, but 20 signed webhooks come with a hash that nobody published",
    plant: {
      during: async (stage) => {
        await stage.run.until(begun);
        await sendWebhooks(stage, (place) => `0x${String(place).padStart(64, "a")}`);
      },
    },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost, exactly("foreign", 20)] },
  },
  {
    name: "webhooks: repetitions with a damaged digit",
    plants: "20 signed webhooks come with a hash whose check digit does not fit",
    plant: {
      during: async (stage) => {
        await stage.run.until(begun);
        await sendWebhooks(stage, (place) => damaged(traceHash(traceOf(stage.run.id, place))));
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_damaged"],
      checks: [balanced, nothingLost, exactly("damaged", 20)],
    },
  },
];

export const STRAYS_OF_PULSE: Table<PulsePlant> = { subject: pulse, rows: PULSE_ROWS };
export const STRAYS_OF_ETHHOOK: Table<EthhookPlant> = { subject: ethhook, rows: ETHHOOK_ROWS };
