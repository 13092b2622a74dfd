/** The publisher of JetStream events and the stream of a real server: one that is there stays as it is. */
import { DiscardPolicy, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect, onTestFinished, test } from "vitest";
import { STREAM, SUBJECT, subjectsBelow } from "../../systems/pulse/wire.ts";
import { nats, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";
import { runPipeline, startPipeline } from "./pipeline.ts";

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
  const { stdout, log } = await publish({ CREATE_STREAM: "1", RETENTION: "interest" });
  expect(log).toContain(`created stream ${STREAM} with retention interest`);
  const { config } = await (await jetstreamManager(nats.connection)).streams.info(STREAM);
  expect(config.retention, stdout).toBe(RetentionPolicy.Interest);
});

test.each([
  ["takes other subjects", { subjects: ["shop.>"] }, "STREAM=SHOP takes shop.>, not events.canonical."],
  ["never acknowledges", { subjects: ["other.>"], no_ack: true }, "STREAM=SHOP never acknowledges (no_ack)"],
])("a stream that %s is refused before the load, and nothing is published", async (_, config, words) => {
  const { streams } = await jetstreamManager(nats.connection);
  await streams.add({ name: "SHOP", ...config });
  onTestFinished(async () => void (await streams.delete("SHOP")));
  const { exitCode, errors } = await publish({ STREAM: "SHOP" });
  expect(exitCode).toBe(108);
  expect(errors.join()).toContain(words);
  for (const name of [STREAM, "SHOP"]) expect((await streams.info(name)).state.messages).toBe(0);
});

test("without it nothing is published to a stream that is missing", async () => {
  await nats.deleteStream();
  const { exitCode, errors } = await publish();
  await nats.addStream();
  expect(exitCode).toBe(108);
  expect(errors.join()).toContain(`stream "${STREAM}"`);
});

test("as fast as acknowledged, a run ends with its events, and says meanwhile how far it is", async () => {
  const profileSeconds = 60;
  const startedAt = performance.now();
  const { log, stdout } = await publish({ RATE: "max", EVENTS: "5000" });
  expect(stdout).toMatch(/^PASS {2}nats/m);
  expect(log).toMatch(/\\"msg\\":\\"metrics\\",\\"published\\":5000,\\"rate_per_sec\\":\d+,\\"errors\\":0/);
  expect((performance.now() - startedAt) / 1000).toBeLessThan(profileSeconds);
});

test("a load that rises ends when an objective breaks, and says which rates held", async () => {
  const pipeline = await startPipeline();
  onTestFinished(() => pipeline.close());
  const connection = await connect({ servers: pipeline.nats.url });
  onTestFinished(() => connection.close());
  const { streams } = await jetstreamManager(connection);
  // Full in the second step, whose rate is twice that of the first. k6 ends a run after ten seconds at the earliest: then
  // the second step, from the eighth on, is still too short to be measured.
  await streams.add({ name: STREAM, subjects: [subjectsBelow(SUBJECT)], max_msgs: 900, discard: DiscardPolicy.New });
  const rising = { SCENARIO: "breakpoint", RATE: "12800", DURATION: "56s" };
  const { nats: published } = await runPipeline(pipeline, { nats: rising });
  expect(published.stdout).toMatch(/^FAIL {2}nats, scenario breakpoint/m);
  expect(published.stdout).toMatch(/events_refused .*must be count == 0\s+seen: maximum messages exceeded/s);
  expect(published.stdout).not.toContain("before its load was over");
  expect(published.stdout).toMatch(/note +(the highest rate that held is 100\/s|no rate held: at 100\/s)/);
  expect(published.exitCode).toBe(99);
});

test("a client certificate is used, also where the server's authority is one that the system knows", async () => {
  const { exitCode, errors } = await publish({ NATS_CERT: "no-such.pem", NATS_KEY: "no-such.key" });
  expect(exitCode).not.toBe(0);
  expect(errors.join()).toContain("no-such.pem");
});
