/** Somebody's own endpoints in a pipeline of the field, and what happens to one while a load runs. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Service } from "../../cli/service.ts";
import type { EthhookPipeline } from "../../systems/ethhook/cli/start.ts";
import { topicHash } from "../../systems/ethhook/cli/topics.ts";
import { beginRun, redisOf, runRedis, sql, startEthhookPipeline } from "./ethhook-run.ts";
import { throughlineIn } from "./throughline.ts";

const BASE = 8453;
const MINTED = topicHash("Minted(address,uint256)");
const CONTRACT = "0x00000000000000000000000000000000000000Aa";

let pipeline: EthhookPipeline;
let target: Service;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-own-"));
  pipeline = await startEthhookPipeline();
});
afterAll(async () => {
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("somebody's own endpoints", () => {
  const stream = `events:${BASE}`;

  beforeEach(async () => {
    await sql(pipeline, "delete from endpoints");
    await own("minted", { chain_ids: [BASE, 1], contract_addresses: [CONTRACT], event_signatures: [MINTED] });
    await own("everything", {});
    await own("of-another-chain", { chain_ids: [1] });
    target = await pipeline.startTarget("--as", "real", "--stream", stream);
  });
  afterEach(() => target.stop());

  async function own(name: string, rule: Readonly<Record<string, unknown>>): Promise<void> {
    const [application] = await sql(pipeline, "select id from applications limit 1");
    const row = {
      ...{ contract_addresses: null, event_signatures: null, chain_ids: null, is_active: true, ...rule },
      ...{ application_id: application?.["id"], name, webhook_url: `${pipeline.receiver.url}/webhook` },
      ...{ hmac_secret: "throughline", rate_limit_per_second: 10_000, max_retries: 5, timeout_seconds: 5 },
    };
    const names = Object.keys(row);
    const places = names.map((_, place) => `$${place + 1}`).join(", ");
    await sql(
      pipeline,
      `insert into endpoints (id, ${names.join(", ")}) values (gen_random_uuid(), ${places})`,
      Object.values(row),
    );
  }

  const read = (...args: string[]) =>
    throughlineIn(folder, "endpoints", "ethhook", "--database", pipeline.postgres.url, ...args);

  test("are read without a change, and their events come to them and to nobody else", async () => {
    const before = await sql(pipeline, "select * from endpoints order by id");
    const { exitCode, stderr } = await read("--out", "endpoints.json");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.not.stringContaining("asks for") });
    expect(await sql(pipeline, "select * from endpoints order by id")).toEqual(before);
    const file = join(folder, "endpoints.json");
    const ids = new Map(before.map(({ id, name }) => [name, id]));
    expect(JSON.parse(await readFile(file, "utf8"))).toContainEqual({
      ...{ name: ids.get("minted"), contract_addresses: [CONTRACT], event_signatures: [MINTED] },
      ...{ chain_ids: [BASE, 1], is_active: true },
    });
    const variables = { ENDPOINTS_FILE: file, CHAIN_ID: String(BASE), RATE: "200", EVENTS: "600" };
    const { exitCode: code, account, stdout } = await runRedis(pipeline, variables);
    expect(code, stdout).toBe(0);
    const delivered = account.webhooks?.endpoints.map(({ path, delivered: count }) => [path, count]);
    const expected = new Map(delivered as [string, number][]);
    expect(expected.get(ids.get("everything") as string)).toBe(600);
    expect(expected.get(ids.get("minted") as string)).toBeGreaterThan(100);
    expect(expected.get(ids.get("of-another-chain") as string)).toBe(0);
    expect(stdout).toMatch(/note +\d+ canaries were sent until every endpoint had one/);
  });

  test("with Solidity text are named, with the hash that is meant", async () => {
    await own("text", { event_signatures: ["Minted(address,uint256)"] });
    const { exitCode, stderr, stdout } = await read();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("asks for Minted(address,uint256): that is Solidity text");
    expect(stderr).toContain(`its hash is ${MINTED}`);
    expect(JSON.parse(stdout)).toHaveLength(4);
  });
});

describe("stimulated while a load runs", () => {
  const stimulate = (...args: string[]) => throughlineIn(folder, "stimulate", ...args);
  beforeEach(async () => {
    target = await pipeline.startTarget();
    const { receiver, postgres } = pipeline;
    const setup = ["--database", postgres.url, "--receiver-url", receiver.url];
    expect(await throughlineIn(folder, "setup", "ethhook", ...setup)).toMatchObject({ exitCode: 0 });
  });
  afterEach(() => target.stop());

  test("a receiver misbehaves for its time, and is well again", async () => {
    const run = beginRun(pipeline, { RATE: "200", EVENTS: "2000", RETRY_PAUSES: "100ms,200ms,400ms" });
    await run.until(({ delivered }) => delivered > 100);
    const { exitCode } = await stimulate(
      "--receiver-url",
      pipeline.receiver.url,
      "--unavailable",
      "0.2",
      "--for",
      "2s",
    );
    expect(exitCode).toBe(0);
    expect(await (await fetch(`${pipeline.receiver.url}/misbehaviour`)).json()).toMatchObject({ unavailable: 0 });
    const { exitCode: code, stdout } = await run.outcome;
    const account = await run.account();
    expect(code, stdout).toBe(0);
    expect(account?.webhooks?.misbehaved).toBeGreaterThan(10);
    expect(account).toMatchObject({ lost: 0, delivered: account?.expected });
  });

  test("a stream gets poison and second copies, which are told", async () => {
    const run = beginRun(pipeline, { RATE: "200", EVENTS: "2000" });
    await run.until(({ delivered }) => delivered > 100);
    const added = ["--redis-url", pipeline.redis.url, "--poison", "3", "--doubled", "5", "--for", "1s"];
    const { exitCode, stdout: said } = await stimulate(...added);
    expect({ exitCode, said }).toMatchObject({
      exitCode: 0,
      said: expect.stringContaining("3 entries that cannot be"),
    });
    const { stdout } = await run.outcome;
    expect((await run.account())?.duplicated, stdout).toBeGreaterThanOrEqual(5);
    expect(stdout).toContain("account_duplicated");
    const client = await redisOf(pipeline);
    expect(await client.lLen("events:malformed")).toBe(3);
    client.destroy();
  });

  test.each([
    [["--poison", "1"], "a stream is added to; give --redis-url"],
    [["--unavailable", "0.1"], "a receiver misbehaves; give --receiver-url"],
    [[], "nothing to do: give --unavailable"],
    [["--unavailable", "2"], "allowed: a number from 0 to 1"],
  ])("not by %j: %s", async (args, why) => {
    const { exitCode, stderr } = await stimulate(...args);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(why) });
  });
});
