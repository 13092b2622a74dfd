/** The publisher of JetStream events and the stream of a real server: one that is there stays as it is. */
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { STREAM } from "../../workload/wire/pulse.ts";
import { nats, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";

useNats();

const DAY = 24 * 3600 * 1e9;

const publish = (variables: Record<string, string> = {}) =>
  runBundle("nats", { NATS_URL: nats.url, RATE: "100", EVENTS: "50", ...variables });

test("CREATE_STREAM=1 leaves the limits of a stream that is there as they are", async () => {
  const { streams } = await jetstreamManager(nats.connection);
  await streams.update(STREAM, { max_age: DAY, max_msgs: 1_000, description: "somebody's" });
  const { stdout } = await publish({ CREATE_STREAM: "1" });
  const { config, state } = await streams.info(STREAM);
  expect(config).toMatchObject({ max_age: DAY, max_msgs: 1_000, description: "somebody's" });
  expect(state.messages, stdout).toBe(50);
});

test("CREATE_STREAM=1 creates a stream that is missing", async () => {
  await nats.deleteStream();
  const { stdout } = await publish({ CREATE_STREAM: "1" });
  const { state } = await (await jetstreamManager(nats.connection)).streams.info(STREAM);
  expect(state.messages, stdout).toBe(50);
});

test("without it nothing is published to a stream that is missing", async () => {
  await nats.deleteStream();
  const { exitCode, errors } = await publish();
  await nats.addStream();
  expect(exitCode).toBe(108);
  expect(errors.join()).toContain(`stream "${STREAM}"`);
});

test("a client certificate is used, also where the server's authority is one that the system knows", async () => {
  const { exitCode, errors } = await publish({ NATS_CERT: "no-such.pem", NATS_KEY: "no-such.key" });
  expect(exitCode).not.toBe(0);
  expect(errors.join()).toContain("no-such.pem");
});
