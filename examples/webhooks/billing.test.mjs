import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

const here = import.meta.dirname;
const WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function listening(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
}

async function freePort() {
  const reserved = createServer();
  const port = await listening(reserved);
  await new Promise((resolve) => reserved.close(resolve));
  return String(port);
}

/** Starts a program and waits until it prints what it prints when it is ready. @returns that text. */
async function start(program, args, ready, env = {}) {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(program, args, { cwd: here, env: { ...process.env, ...env }, stdio });
  ends.push(async () => {
    if (child.exitCode === null && child.kill()) await once(child, "exit");
  });
  let said = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    said += chunk;
    if (ready.test(said)) break;
  }
  child.stdout.resume();
  assert.match(said, ready, `${program} ended`);
  return said;
}

/** What is to go wrong on the way to the customer audit: the webhook that is lost, and the one that comes twice. */
let planted = {};

/** Stands before the customers. */
function startThief(customers) {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const [, publisher, digits] = /evt_\d{19}_[0-9a-f]{8}([0-9a-f]{4})([0-9a-f]{8})/.exec(body) ?? [];
    const isOfLoad = publisher !== "ffff" && request.url.endsWith("/audit");
    const seq = isOfLoad ? Number.parseInt(digits, 16) : -1;
    const copies = seq === planted.lost ? 0 : seq === planted.twice ? 2 : 1;
    const names = Object.keys(request.headers).filter((name) => name.startsWith("webhook-"));
    const headers = Object.fromEntries(names.map((name) => [name, request.headers[name]]));
    let status = 200;
    for (let copy = 0; copy < copies; copy++) {
      ({ status } = await fetch(customers + request.url, { method: "POST", headers, body }));
    }
    response.writeHead(status).end();
  });
  ends.push(() => server.close());
  return listening(server);
}

let receiver = "";
let platform = "";
before(async () => {
  const data = mkdtempSync(join(tmpdir(), "billing-redis-"));
  ends.push(() => rmSync(data, { recursive: true }));
  const redis = await freePort();
  await start("redis-server", ["--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", data], /Ready to accept/);
  await throughline("build");
  const serving = [
    "node_modules/.bin/throughline",
    "receiver",
    "--port",
    "0",
    "--pipeline",
    "dist/node/billing-webhooks.mjs",
  ];
  receiver = JSON.parse(await start("node", serving, /\n/, { WEBHOOK_SECRET })).url;
  const customers = `http://127.0.0.1:${await startThief(receiver)}/hooks`;
  const PORT = await freePort();
  await start("node", ["platform.mjs"], /ready/, { PORT, REDIS_PORT: redis, WEBHOOK_SECRET, CUSTOMERS: customers });
  platform = `http://127.0.0.1:${PORT}`;
});

async function throughline(...args) {
  const env = { ...process.env, WEBHOOK_SECRET };
  const child = spawn("npx", ["throughline", ...args], { cwd: here, stdio: "inherit", env });
  const [status] = await once(child, "exit");
  return status;
}

/** Runs a test. @returns its record. */
async function run(test, ...more) {
  const id = `${test}-${Date.now()}`;
  await throughline("run", test, "--run-id", id, "--set", `PLATFORM_URL=${platform}`, ...more);
  return JSON.parse(readFileSync(`${here}/results/${id}/result.json`, "utf8"));
}

const load = () => ["--rate", "50", "--events", "150", "--set", "DRAIN_QUIET=1s", "--receiver-url", receiver];

test("the platform tells every customer of every event", async () => {
  const { verdict, reasons, account } = await run("billing-webhooks", ...load());
  assert.deepEqual([verdict, reasons], ["PASS", []]);
  assert.equal(account.expected, 300);
});

test("a webhook that is lost, and one that comes twice, are named by number", async () => {
  planted = { lost: 17, twice: 42 };
  const { verdict, reasons, account } = await run("billing-webhooks", ...load());
  assert.equal(verdict, "FAIL");
  assert.deepEqual(
    account.offenders.map(({ path, lostSeqs, duplicatedSeqs }) => ({ path, lostSeqs, duplicatedSeqs })),
    [{ path: "audit", lostSeqs: [17], duplicatedSeqs: [42] }],
  );
  assert.match(reasons.map(({ next }) => next).join("\n"), /look for failed jobs of the queue webhooks/);
});

test("its endpoints answer as they must", async () => {
  const short = ["--duration", "5s", "--set", "VUS=2", "--set", "THINK_TIME=50ms"];
  const { verdict, reasons } = await run("api", ...short);
  assert.deepEqual([verdict, reasons], ["PASS", []]);
});
