import { setTimeout as pause } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { STREAM, SUBJECT, subjectsBelow } from "../systems/pulse/wire.ts";

const DEADLINE_MS = 20_000;
const LOOK_MS = 50;

/**
 * Creates the stream of a reference pipeline, and waits until its gateway reads it: without a stream it is not ready.
 *
 * @throws an error when it does not within 20 seconds.
 */
export async function createStream(natsUrl: string, gatewayUrl: string): Promise<void> {
  const connection = await connect({ servers: natsUrl });
  try {
    await (await jetstreamManager(connection)).streams.add({ name: STREAM, subjects: [subjectsBelow(SUBJECT)] });
  } finally {
    await connection.close();
  }
  // Its /ready may be what a planted fault has broken.
  for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(LOOK_MS)) {
    const answer = await fetch(`${gatewayUrl}/api/v1/correctness/halts`);
    if (((await answer.json()) as { halted: boolean }).halted === false) return;
  }
  throw new Error("gateway: it does not read its stream");
}
