/** Users' pipelines whose events are written in Go: each of them arrives as `write` says, and has its outcome. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { createClient } from "@redis/client";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { template } from "../../cli/own/templates.ts";
import { startRedisServer } from "../../cli/redis-server.ts";
import { nats, useNats } from "./gateway.ts";
import { root } from "./k6.ts";
import { recordIn, throughlineIn } from "./throughline.ts";

useNats();

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-series-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What arrives is compared with what write() says. */
const DAMAGE = 'damage: (text, _, sent) => (text === TEXT ? null : "it is " + text),\n  observe: {';

async function ran(text: string, set: readonly string[], ...load: string[]) {
  writeFileSync(join(folder, "orders.pipeline.ts"), text);
  const told = set.flatMap((one) => ["--set", one]);
  const args = ["run", "orders", ...told, ...load, "--run-id", "series", "--out", "results"];
  const { stdout, stderr, exitCode } = await throughlineIn(folder, ...args, "--set", "DRAIN_QUIET=1s");
  return { said: (stdout + stderr).replaceAll(/\s+/g, " "), exitCode };
}

const accountOf = async () => (await recordIn(join(folder, "results"), "series")).account;

/** Orders go to NATS, and whoever subscribes to them sees them. */
function ordersOfNats(change: (text: string) => string = (text) => text): string {
  const text = template("orders", "nats", "stream").replace("delivered.>", "orders.>");
  const more = "amount: random % 1_000, at: new Date(publishedAt), code: random.toString(16).padStart(8, '0')";
  const rich = text.replace("amount: random % 1_000", more).replace("random })", "random, publishedAt })");
  return change(rich.replace("observe: {", DAMAGE.replace("TEXT", "sent.data")));
}

async function addOrders(...subjects: string[]) {
  const { streams } = await jetstreamManager(nats.connection);
  await streams.add({ name: "ORDERS", subjects });
  onTestFinished(async () => void (await streams.delete("ORDERS")));
  return async () => (await streams.info("ORDERS")).state.messages;
}

test.each([
  ["paced", ["--rate", "200", "--events", "300"], 300],
  ["as fast as it can", ["--rate", "max", "--events", "4000"], 4_000],
])("JetStream, %s", async (_, load, events) => {
  const stored = await addOrders("orders.>");
  const { said } = await ran(ordersOfNats(), [`NATS_URL=${nats.url}`, `OUT_URL=${nats.url}`], ...load);
  const none = { refused: 0, unknown: 0, lost: 0, duplicated: 0, damaged: 0 };
  expect(await accountOf(), said).toMatchObject({ acknowledged: events, delivered: events, ...none });
  expect(await stored()).toBeGreaterThan(events);
});

test("what JetStream refuses is counted by its words, and what it takes is delivered", async () => {
  await addOrders("orders.a");
  const text = ordersOfNats((whole) =>
    whole.replace("paths: { delivered: {} }", 'paths: { delivered: { kind: "a" } }'),
  );
  const told = [`NATS_URL=${nats.url}`, `OUT_URL=${nats.url}`];
  const { said } = await ran(text.replace("orders.>", "orders.a"), told, "--rate", "max", "--events", "1000");
  const { acknowledged = 0, ...account } = (await accountOf()) ?? {};
  expect(account, said).toMatchObject({ refused: 1_000 - acknowledged, delivered: acknowledged, lost: 0, unknown: 0 });
  expect(acknowledged).toBeGreaterThan(300);
  expect(said).toContain("no responders (no stream captures this subject)");
});

test("core NATS", async () => {
  const text = ordersOfNats((whole) => whole.replace("nats.jetStreamPublishSeries(", "nats.publishSeries("));
  const told = [`NATS_URL=${nats.url}`, `OUT_URL=${nats.url}`];
  const { said } = await ran(text, told, "--rate", "max", "--events", "4000");
  expect(await accountOf(), said).toMatchObject({ acknowledged: 4_000, delivered: 4_000, lost: 0, damaged: 0 });
});

/** Entries are read as they are added. */
const FROM_REDIS = `observe: {
    kind: "stream",
    paths: { entries: {} },
    async consume({ REDIS_URL }, arrived) {
      const client = createClient({ url: REDIS_URL });
      await client.connect();
      let open = true;
      const read = async (after: string): Promise<void> => {
        const entries = await client.xRange("events", after, "+", { COUNT: 1_000 });
        for (const { message } of entries) arrived(message.body ?? "");
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (open) await read(entries.length === 0 ? after : "(" + entries.at(-1)?.id);
        else client.destroy();
      };
      read("-").catch(() => undefined);
      return { close: () => (open = false) };
    },
  },
});
`;

test.each([
  ["paced", ["--rate", "200", "--events", "300"], 300],
  ["as fast as it can", ["--rate", "max", "--events", "4000"], 4_000],
])("Redis, %s", async (_, load, events) => {
  const redis = await startRedisServer(null);
  onTestFinished(async () => void (await redis.stop()));
  const [head = ""] = template("orders", "redis", "webhook").split("observe: {");
  const text = `import { createClient } from "@redis/client";\n${head}${DAMAGE.replace("TEXT", "sent[1]").replace("observe: {", "")}${FROM_REDIS}`;
  const { said } = await ran(text, [`REDIS_URL=${redis.url}`], ...load);
  expect(await accountOf(), said).toMatchObject({ acknowledged: events, delivered: events, lost: 0, damaged: 0 });
  const client = await createClient({ url: redis.url }).connect();
  expect(await client.xLen("events")).toBeGreaterThan(events);
  client.destroy();
});

test("the page shows what init writes", () => {
  const page = readFileSync(join(root, "docs/your-own-pipeline.md"), "utf8");
  const [, shown = ""] = /^```ts series\n(.*)\n```$/m.exec(page) ?? [];
  expect(template("orders", "nats", "stream")).toContain(shown);
  expect(shown).toContain("series");
});

test("what no template can write ends the run before its load, in one line", async () => {
  const text = ordersOfNats((whole) => whole.replace("random % 1_000", "random / 2"));
  const told = [`NATS_URL=${nats.url}`, `OUT_URL=${nats.url}`];
  const { said, exitCode } = await ran(text, told, "--rate", "50", "--events", "50");
  expect(said).toContain("pipeline orders: events.write: publish() sends a series, and what it writes");
  expect(said).not.toMatch(/ at \w+ \(/);
  expect(exitCode).toBe(3);
});

test("what Go cannot send for a mistake of the file ends the run before its load, and not as a target that is away", async () => {
  const text = ordersOfNats((whole) => whole.replace(/`orders\.\$\{kind\}`/, '""'));
  const told = [`NATS_URL=${nats.url}`, `OUT_URL=${nats.url}`];
  const { said, exitCode } = await ran(text, told, "--rate", "50", "--events", "50");
  expect(said).toContain("the template's messages have no subject");
  expect(said).not.toContain("unreachable");
  expect(exitCode).toBe(3);
});
