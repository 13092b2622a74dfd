import { setTimeout as pause } from "node:timers/promises";
import type { Manner } from "../../../target/manner.ts";
import { pulseEvents } from "../pipeline.ts";
import { CHAIN_NUMBERS, STREAM, SUBJECT, subjectsBelow } from "../wire.ts";

const DEADLINE_MS = 20_000;
const LOOK_MS = 50;

/** Events of a block of every chain; they belong to no run, and pass before any subscriber is there. */
const FIRST_EVENTS = 100;
const NO_RUN = { run: 0, publisher: 0 };

/**
 * Creates the stream of a reference pipeline and waits until its gateway reads it: without a stream it is not ready,
 * and without events it has no block to request.
 *
 * @throws an error after 20 seconds.
 */
export async function createStream(natsUrl: string, gatewayUrl: string, manner: Manner = "contract"): Promise<void> {
  const [{ default: transport }, { default: jetstream }] = await Promise.all([
    import("@nats-io/transport-node"),
    import("@nats-io/jetstream"),
  ]);
  const connection = await transport.connect({ servers: natsUrl });
  try {
    const manager = await jetstream.jetstreamManager(connection);
    // The real gateway creates it, with the retention that it needs.
    if (manner === "contract") await manager.streams.add({ name: STREAM, subjects: [subjectsBelow(SUBJECT)] });
    const deadline = Date.now() + DEADLINE_MS;
    while (!(await readsStream(gatewayUrl))) {
      if (Date.now() >= deadline) throw new Error("gateway: it does not read its stream");
      await pause(LOOK_MS);
    }
    const messages = pulseEvents({ seed: 1, chains: Object.keys(CHAIN_NUMBERS) });
    for (let seq = 0; seq < FIRST_EVENTS; seq++) {
      const { subject, data } = messages.write({ ...NO_RUN, seq, publishedAt: Date.now() });
      connection.publish(subject, data);
    }
    await connection.flush();
  } finally {
    await closeTraceless(connection);
  }
}

/** Waits until a gateway has noticed that its broker is gone. @throws an error after 20 seconds. */
export async function untilNotReading(gatewayUrl: string): Promise<void> {
  for (const deadline = Date.now() + DEADLINE_MS; await readsStream(gatewayUrl); await pause(LOOK_MS)) {
    if (Date.now() >= deadline) throw new Error("gateway: it does not notice that its broker is gone");
  }
}

/** A planted fault may have broken its other endpoints, but never its counters. */
async function readsStream(gatewayUrl: string): Promise<boolean> {
  const answer = await fetch(`${gatewayUrl}/api/v1/correctness/status`);
  return ((await answer.json()) as { counts: { reading: boolean } }).counts.reading;
}

/** The client notes a stack trace of its closing: with source maps that took 0.3 s of each run. */
async function closeTraceless(connection: { close(): Promise<void> }): Promise<void> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const closed = connection.close();
  Error.stackTraceLimit = stackTraceLimit;
  await closed;
}
