/** How pipelines of one's own publish: over a socket that stays open, and by functions that answer what they should not. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { template } from "../../cli/own/templates.ts";
import { identitiesIn } from "../../core/identity.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";
import { root } from "./k6.ts";
import { recordIn, throughlineIn } from "./throughline.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-publish-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A platform that takes events over sockets and over HTTP, loses those of a number, ends the socket of one, and lists the others. */
async function startPlatform({
  lost,
  ends,
  admit = () => true,
}: {
  lost?: number;
  ends?: number;
  admit?(request: IncomingMessage): boolean;
}) {
  const orders: { id: string; text: string }[] = [];
  const take = (text: string) => {
    const [identity] = identitiesIn(text, { runs: [], at: Date.now() }).identities;
    const seq = identity?.publisher === CANARY_PUBLISHER ? undefined : identity?.seq;
    if (seq !== undefined && seq === lost) return;
    orders.push({ id: String(orders.length), text });
    return seq;
  };
  const server = createServer(async (request, answer) => {
    // A handshake that is refused is asked for its status.
    if (!admit(request)) return answer.writeHead(401).end();
    if (request.method === "POST") take((await request.toArray()).join(""));
    return answer.end(JSON.stringify(orders));
  });
  const sockets = new WebSocketServer({ server, verifyClient: ({ req }: { req: IncomingMessage }) => admit(req) });
  sockets.on("connection", (client) =>
    client.on("message", (text) => {
      if (take(String(text)) === ends && ends !== undefined)
        for (const each of sockets.clients) each.close(1001, "away");
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate();
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const load = ["--rate", "40", "--events", "60", "--run-id", "sent", "--out", "results", "--set", "DRAIN_QUIET=1s"];

test.each([
  ["a healthy one accounts for every event", undefined, []],
  ["a lost event is named", 17, [{ path: "orders", lostSeqs: [17] }]],
])("a platform that is sent to over a socket: %s", async (_, lost, offenders) => {
  const address = await startPlatform(lost === undefined ? {} : { lost });
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "websocket", "list"));
  const told = ["--set", `SEND_URL=ws://${address}`, "--set", `LIST_URL=http://${address}`];
  const { stdout, stderr } = await throughlineIn(folder, "run", "orders", ...told, ...load);
  const { account } = await recordIn(join(folder, "results"), "sent");
  expect(account, stdout + stderr).toMatchObject({
    acknowledged: 60,
    lost: offenders.length,
    duplicated: 0,
    offenders,
    causes: [],
  });
  // They are found by looking at a list.
  expect(account?.looks?.longest).toBeGreaterThan(0);
  expect(stdout).toMatch(/ latency +p50 .*; polled every [\d.,]+ ms or less: known to within [\d.,]+ ms/);
});

test("sockets that the platform ends in mid-load are opened anew, and what was due meanwhile was not sent", async () => {
  const address = await startPlatform({ ends: 17 });
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "websocket", "list"));
  const told = ["--set", `SEND_URL=ws://${address}`, "--set", `LIST_URL=http://${address}`, "--events", "100"];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...load, ...told);
  const { account } = await recordIn(join(folder, "results"), "sent");
  const { published = 0, acknowledged = 0, unsent = 0, lost } = account ?? {};
  expect({ all: published + unsent, lost }, stdout).toEqual({ all: 100, lost: 0 });
  expect(unsent).toBeGreaterThan(0);
  // Long before the load was over, it could send again.
  expect(acknowledged).toBeGreaterThan(40);
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/the target was unreachable .*: \d+ of 100 events were not sent/);
  expect(exitCode).toBe(1);
});

test("a socket whose handshake is refused ends the run before its load", async () => {
  const address = await startPlatform({ admit: ({ method, headers }) => method === "GET" && !headers.upgrade });
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "websocket", "list"));
  const told = ["--set", `SEND_URL=ws://${address}`, "--set", `LIST_URL=http://${address}`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...load);
  expect(stdout).toMatch(/publish\(\) is answered 401.*TARGET_TOKEN/s);
  expect(exitCode).toBe(3);
});

test("as fast as it can be sent, what is kept open would be opened for each batch: refused", async () => {
  const address = await startPlatform({});
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "websocket", "list"));
  const told = ["--set", `SEND_URL=ws://${address}`, "--set", `LIST_URL=http://${address}`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...load, "--rate", "max");
  expect(stdout.replaceAll(/\s+/g, " ")).toContain("RATE=max: publish() keeps something open; allowed: a number of");
  expect(exitCode).toBe(3);
});

test("where no event comes out before the load, the pipeline's own causes are told", async () => {
  const [address, elsewhere] = [await startPlatform({}), await startPlatform({})];
  const explain = 'explain: async ({ LIST_URL }) => [LIST_URL + " stands still"],\n  observe: {';
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "http", "list").replace("observe: {", explain));
  const told = ["--set", `EVENTS_URL=http://${address}`, "--set", `LIST_URL=http://${elsewhere}`];
  const { exitCode, stdout } = await throughlineIn(
    folder,
    ...["run", "orders", ...told, ...load, "--set", "CANARY_TIMEOUT=3s"],
  );
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`http://${elsewhere} stands still`);
  expect(exitCode).toBe(3);
});

test.each([
  [
    "an answer that is none",
    '"ok" as "acknowledged"',
    'what it sends with answers "ok"; allowed: acknowledged, refused',
  ],
  ["no answer", "undefined as never", "what it sends with answers undefined; allowed: acknowledged"],
])("%s ends the run before its load", async (_, answer, message) => {
  const address = await startPlatform({});
  const text = template("orders", "http", "list").replace(
    /return async \(event\) => .*/,
    "return async (event) => { await access.send(post(event)); return ANSWER; };",
  );
  writeFileSync(join(folder, "orders.pipeline.ts"), text.replace("ANSWER", answer));
  const told = ["--set", `EVENTS_URL=http://${address}`, "--set", `LIST_URL=http://${address}`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...load);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`pipeline orders: publish: ${message}`);
  expect(stdout).not.toMatch(/^\s+at /m);
  expect(exitCode).toBe(3);
});

test.each([
  [
    "a connection that fails",
    /const socket = new WebSocket\(env.WS_URL/,
    '$&.replace(/:\\d+/, ":1")',
    /no subscription became live: open\(\) said: .*connection refused.*; mend open in orders\.pipeline\.ts:\d+/,
  ],
  [
    "nothing to be closed",
    "return socket;",
    "return undefined as never;",
    /observe\.open: returns nothing that has a close\(\)/,
  ],
])("subscribers whose open() gives %s end the run, which says so", async (_, part, instead, message) => {
  const address = await startPlatform({});
  const text = template("orders", "http", "websocket").replace(part, instead);
  writeFileSync(join(folder, "orders.pipeline.ts"), text);
  const told = ["--set", `EVENTS_URL=http://${address}`, "--set", `WS_URL=ws://${address}`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...load);
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(message);
  // What was published by nobody is not waited for.
  expect((await recordIn(join(folder, "results"), "sent")).account?.ending ?? "interrupted").toBe("interrupted");
  expect(exitCode).toBe(3);
});
