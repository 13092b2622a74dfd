import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import { Clock } from "../core/clock.ts";
import type { Opening, Settling } from "../core/report.ts";
import { eventId, runNumber } from "../core/trace.ts";
import { event, streamOf, variants, type Workload } from "../systems/pulse/events.ts";

/** A gateway that does nothing but send: as fast as told, so that the subscriber is what is measured. */
export interface Flood {
  readonly wsUrl: string;
  /**
   * Sends `rate` events a second to each subscriber for so many seconds, then asks for the account.
   *
   * @param waited gets for each event the ms from its time of publishing to its writing, without its age.
   */
  run(rate: number, seconds: number, waited?: Float64Array): Promise<void>;
  close(): Promise<void>;
}

const TICK_MS = 5;
/** The receiver is told this often, so that it takes little of what the subscriber needs. */
const TELLING_MS = 200;
const PUBLISHER = 1;
/** Frames that are made before the first is sent: code that is compiled later would send its first second in bursts. */
const WARM_UP = 50_000;
const SETTLING: Settling = { publisher: "flood", timeout: 60_000, quiet: 5_000 };

/**
 * Starts a flood whose events are accounted for by a receiver, under the given run id.
 *
 * @param age how many ms before it is sent event `seq` says it was published.
 */
export async function startFlood(
  receiver: string,
  runId: string,
  workload: Workload,
  age: (seq: number) => number = () => 0,
): Promise<Flood> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/ws", perMessageDeflate: false });
  await once(server, "listening");
  const subscribed = new Map<WebSocket, Socket>();
  server.on("connection", (socket, request) => {
    const say = (frame: object) => socket.send(JSON.stringify(frame));
    say({ type: "connected", client_id: "client", timestamp: new Date().toISOString() });
    socket.on("close", () => subscribed.delete(socket));
    socket.on("message", (text) => {
      const { type } = JSON.parse(String(text)) as { type: string };
      if (type === "subscribe") {
        say({ type: "subscribed", data: { subscription_id: "sub_1" } });
        subscribed.set(socket, request.socket);
      } else if (type === "list_subscriptions") say({ type: "subscriptions", data: { count: 1, subscriptions: [] } });
      else if (type === "ping") say({ type: "pong" });
      else say({ type: "unsubscribed", data: { subscription_id: "sub_1" } });
    });
  });
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${receiver}/runs/${runId}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  };
  const opening: Opening = { ...streamOf(workload), publisher: "flood" };
  await post("", opening);

  const all = variants(workload);
  const clock = new Clock(() => performance.now(), 1_000);
  const frame = (seq: number) => {
    const { chain, blockNumber, txHash, eventType, accounts, programId } = event(workload, seq, all);
    const publishedAt = clock.now() - age(seq);
    const id = eventId({ run: runNumber(runId), publisher: PUBLISHER, seq, publishedAt });
    return (
      `{"type":"event","data":{"event_id":"${id}","chain":"${chain}","block_num":${blockNumber},"tx_hash":"${txHash}",` +
      `"event_type":"${eventType}","accounts":${JSON.stringify(accounts)},"program_id":"${programId}","native_value":0,` +
      `"timestamp":"2026-01-01T00:00:00Z"}}`
    );
  };

  for (let seq = 0; seq < WARM_UP; seq++) frame(seq);

  return {
    wsUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    async run(rate, seconds, waited) {
      while (subscribed.size === 0) await pause(50);
      // Sessions count as live a moment after they are subscribed.
      await pause(500);
      const started = performance.now();
      let seq = 0;
      let told = { seq: 0, at: Date.now() };
      while (seq < rate * seconds) {
        const due = Math.min(rate * seconds, Math.floor(((performance.now() - started) / 1000) * rate));
        // Frames that are due together go out in one write, as a busy gateway's do: a write for each costs more than all else.
        for (const connection of subscribed.values()) connection.cork();
        const first = seq;
        for (; seq < due; seq++) {
          const text = frame(seq);
          if (waited !== undefined) waited[seq] = clock.now();
          for (const socket of subscribed.keys()) if (socket.readyState === WebSocket.OPEN) socket.send(text);
        }
        for (const connection of subscribed.values()) connection.uncork();
        const written = clock.now();
        for (let one = first; waited !== undefined && one < seq; one++) waited[one] = written - (waited[one] as number);
        if (Date.now() - told.at >= TELLING_MS || seq === rate * seconds) {
          const [firstSeq, count] = [told.seq, seq - told.seq];
          const times = { sentFrom: told.at, sentThrough: Date.now() };
          if (count > 0)
            void post("/published", [{ publisher: PUBLISHER, firstSeq, count, ...times, refused: [], unknown: [] }]);
          told = { seq, at: Date.now() };
        }
        await pause(TICK_MS);
      }
      await post("/settle", SETTLING);
    },
    close: () =>
      new Promise((resolve) => {
        for (const client of server.clients) client.terminate();
        server.close(() => resolve());
      }),
  };
}
