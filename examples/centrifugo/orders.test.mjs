import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

const here = import.meta.dirname;
const ends = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function listening(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address().port;
}

/** Starts the real Centrifugo. @returns where it listens. */
async function startCentrifugo() {
  const reserved = createServer();
  const port = await listening(reserved);
  await new Promise((resolve) => reserved.close(resolve));
  const env = { ...process.env, CENTRIFUGO_HTTP_SERVER_PORT: String(port) };
  const child = spawn("bin/centrifugo", ["--config", "centrifugo.json"], { cwd: here, env, stdio: "ignore" });
  ends.push(async () => {
    if (child.exitCode === null && child.kill()) await once(child, "exit");
  });
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/health`).catch(() => null))?.ok) {
    assert.equal(child.exitCode, null, "Centrifugo ended");
    await pause(50);
  }
  return url;
}

/** Stands before Centrifugo's API, takes one event without handing it on, and hands another on twice. */
function startThief(centrifugo, planted) {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const [, publisher, digits] = /evt_\d{19}_[0-9a-f]{8}([0-9a-f]{4})([0-9a-f]{8})/.exec(body) ?? [];
    const seq = publisher === "ffff" ? -1 : Number.parseInt(digits, 16);
    const copies = seq === planted.lost ? 0 : seq === planted.twice ? 2 : 1;
    const headers = { "x-api-key": request.headers["x-api-key"], "x-centrifugo-error-mode": "transport" };
    let answer = new Response('{"result":{}}');
    for (let copy = 0; copy < copies; copy++) {
      answer = await fetch(centrifugo + request.url, { method: "POST", headers, body });
    }
    response.writeHead(answer.status).end(await answer.text());
  });
  ends.push(() => server.close());
  return listening(server);
}

/** Stands before Centrifugo's sockets and lets in who shows a token. @returns where, and how many it let in or not. */
async function startDoor(centrifugo, token) {
  const seen = { welcome: 0, refused: 0 };
  const server = createServer((_, response) => response.writeHead(401).end());
  server.on("upgrade", ({ url, rawHeaders, headers }, client) => {
    client.on("error", () => {});
    if (headers.authorization !== `Bearer ${token}`) {
      seen.refused++;
      return client.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    seen.welcome++;
    const { hostname, port } = new URL(centrifugo);
    const lines = rawHeaders.flatMap((name, place, all) => (place % 2 === 0 ? [`${name}: ${all[place + 1]}`] : []));
    const behind = connect(Number(port), hostname, () => {
      behind.write(`GET ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      behind.pipe(client).pipe(behind);
    });
    behind.on("error", () => client.destroy()).on("close", () => client.destroy());
    client.on("close", () => behind.destroy());
  });
  ends.push(() => server.close());
  return { url: `http://127.0.0.1:${await listening(server)}`, seen };
}

let centrifugo = "";
before(async () => {
  centrifugo = await startCentrifugo();
});

/** Runs the pipeline's test. @returns its record. */
async function run(id, api, { sockets = centrifugo, env = {} } = {}) {
  const set = { API_URL: `${api}/api/publish`, WS_URL: `${sockets.replace("http", "ws")}/connection/websocket` };
  const load = ["--rate", "50", "--events", "150", "--run-id", id, "--set", "DRAIN_QUIET=1s"];
  const settings = Object.entries(set).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const child = spawn("npx", ["throughline", "run", "orders", ...load, ...settings], {
    cwd: here,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  await once(child, "exit");
  return JSON.parse(readFileSync(`${here}/results/${id}/result.json`, "utf8"));
}

test("Centrifugo accounts for every event", async () => {
  const { verdict, reasons, account } = await run(`clean-${Date.now()}`, centrifugo);
  assert.deepEqual([verdict, reasons], ["PASS", []]);
  assert.equal(account.expected, 150);
});

test("a token of the shell opens a door before Centrifugo, and another one does not", async () => {
  const { url, seen } = await startDoor(centrifugo, "right");
  const shown = (token) => ({ sockets: url, env: { THROUGHLINE_TARGET_TOKEN: token } });
  const { verdict, reasons, account } = await run(`token-${Date.now()}`, centrifugo, shown("right"));
  assert.deepEqual([verdict, reasons, seen.refused], ["PASS", [], 0]);
  assert.equal(account.expected, 150);
  assert.ok(seen.welcome >= 3);
  const wrong = await run(`wrong-${Date.now()}`, centrifugo, shown("wrong"));
  assert.equal(wrong.verdict, "INVALID");
  assert.match(wrong.reasons[0].text, /the handshake of path eu is answered 401 Unauthorized.*TARGET_TOKEN/);
});

test("an event that is lost, and one that comes twice, are named by number", async () => {
  const api = `http://127.0.0.1:${await startThief(centrifugo, { lost: 17, twice: 42 })}`;
  const { verdict, account } = await run(`planted-${Date.now()}`, api);
  assert.equal(verdict, "FAIL");
  assert.deepEqual(
    account.offenders.flatMap(({ lostSeqs }) => lostSeqs),
    [17],
  );
  assert.deepEqual(
    account.offenders.flatMap(({ duplicatedSeqs }) => duplicatedSeqs),
    [42],
  );
});
