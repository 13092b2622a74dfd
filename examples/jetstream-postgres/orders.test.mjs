import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";

const here = import.meta.dirname;
const { DATABASE_URL } = process.env;
assert.ok(DATABASE_URL, "DATABASE_URL: is not given: a PostgreSQL in which the schema sales may be made");
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** Starts a program and waits until it prints what it prints when it is ready. */
async function start(program, args, { output, ready, env = {} }) {
  const stdio = ["ignore", output === "stdout" ? "pipe" : "inherit", output === "stderr" ? "pipe" : "inherit"];
  const child = spawn(program, args, { cwd: here, env: { ...process.env, ...env }, stdio });
  ends.push(async () => {
    if (child.exitCode === null && child.kill()) await once(child, "exit");
  });
  let said = "";
  for await (const chunk of child[output].iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (ready.test(said)) break;
  }
  child[output].resume();
  assert.match(said, ready, `${program} ended`);
}

let nats = "";
before(async () => {
  const store = mkdtempSync(join(tmpdir(), "nats-"));
  ends.push(() => rmSync(store, { recursive: true }));
  const port = await freePort();
  const flags = ["--jetstream", "--store_dir", store, "--addr", "127.0.0.1", "--port", port];
  await start("nats-server", flags, { output: "stderr", ready: /Server is ready/ });
  nats = `nats://127.0.0.1:${port}`;
  await start("node", ["consumer.mjs"], { output: "stdout", ready: /ready/, env: { NATS_URL: nats } });
});

/** Runs the pipeline's test. @returns its record. */
async function run(id) {
  const load = [
    "--rate",
    "50",
    "--events",
    "150",
    "--run-id",
    id,
    "--set",
    "DRAIN_QUIET=1s",
    "--set",
    `NATS_URL=${nats}`,
  ];
  const child = spawn("npx", ["throughline", "run", "orders", ...load], { cwd: here, stdio: "inherit" });
  await once(child, "exit");
  return JSON.parse(readFileSync(`${here}/results/${id}/result.json`, "utf8"));
}

test("every order that JetStream acknowledged becomes a row", async () => {
  const { verdict, reasons, account } = await run(`clean-${Date.now()}`);
  assert.deepEqual([verdict, reasons], ["PASS", []]);
  assert.equal(account.expected, 150);
});

/** The table loses one order and stores another twice; canaries have the publisher ffff. */
const THIEF = `
create function sales.thief() returns trigger language plpgsql as $$
declare seq text := substr(new.order_id, 41, 8);
begin
  if substr(new.order_id, 37, 4) = 'ffff' or pg_trigger_depth() > 1 then return new; end if;
  if seq = '00000011' then return null; end if;
  if seq = '0000002a' then
    insert into sales.purchase_orders (order_id, customer, total_cents) values (new.order_id, new.customer, new.total_cents);
  end if;
  return new;
end $$;
create trigger thief before insert on sales.purchase_orders for each row execute function sales.thief();`;

test("an order that is lost, and one that is stored twice, are named by number", async () => {
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  await client.query(THIEF);
  try {
    const { verdict, account } = await run(`planted-${Date.now()}`);
    assert.equal(verdict, "FAIL");
    assert.deepEqual(
      account.offenders.map(({ path, lostSeqs, duplicatedSeqs }) => ({ path, lostSeqs, duplicatedSeqs })),
      [{ path: "sales.purchase_orders", lostSeqs: [17], duplicatedSeqs: [42] }],
    );
  } finally {
    await client.query("drop function sales.thief cascade");
    await client.end();
  }
});
