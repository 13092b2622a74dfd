/** The settings of certificates in each test that speaks HTTP or WebSocket, against a server that asks for them. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Authority, authority } from "./certificates.ts";
import { shownBy } from "./gate.ts";
import { runBundle } from "./k6.ts";

const ABORTED = 108;

let folder: string;
let made: Authority;
let server: Server;
/** Who has shown a certificate to the server. */
const names = new Set<string | undefined>();

/** Takes whoever shows a certificate of its authority, and answers everything with 401, which ends a test at once. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-certificates-"));
  made = await authority(folder);
  const asking = { ...made.server, ca: made.ca.cert, requestCert: true, rejectUnauthorized: true };
  server = createServer(asking, (request, reply) => {
    names.add(shownBy(request));
    reply.writeHead(401).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => names.clear());
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

const TARGETS: readonly [test: string, prefix: string, settings: (at: string) => Record<string, string>][] = [
  ["http", "HTTP", (at) => ({ HTTP_URL: `https://${at}` })],
  ["websocket", "WS", (at) => ({ WS_URL: `wss://${at}/ws` })],
  ["ingest", "INGEST", (at) => ({ INGEST_URL: `https://${at}`, RECEIVER_URL: "none" })],
  [
    "webhook",
    "SIGNALS",
    (at) => ({ SIGNALS_URL: `https://${at}`, WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: "hunter2-of-nobody" }),
  ],
];

describe.each(TARGETS)("%s.js", (name, prefix, settings) => {
  async function run(ways: Record<string, string>, environment: Record<string, string> = {}) {
    const at = `localhost:${(server.address() as AddressInfo).port}`;
    const prefixed = Object.entries(ways).map(([way, value]) => [`${prefix}_${way}`, value]);
    return runBundle(name, { ...settings(at), ...Object.fromEntries(prefixed) }, "k6", environment);
  }
  const shown = () => ({ CERT: made.client.certFile, KEY: made.client.keyFile });

  test("shows its certificate to a server of an authority of one's own", async () => {
    const { certFile } = made.ca;
    const { exitCode, errors } = await run({ ...shown(), CA: certFile }, { SSL_CERT_FILE: certFile });
    expect({ exitCode, names }, errors.join()).toEqual({ exitCode: ABORTED, names: new Set(["client"]) });
    expect(errors[0]).toContain("401");
  });

  test("trusts whatever certificate it is shown, where that is asked for", async () => {
    const { exitCode, errors } = await run({ ...shown(), INSECURE: "1" });
    expect({ exitCode, names }, errors.join()).toEqual({ exitCode: ABORTED, names: new Set(["client"]) });
  });

  test("trusts no other authority by itself", async () => {
    const { exitCode, errors } = await run(shown());
    expect({ exitCode, names }).toEqual({ exitCode: ABORTED, names: new Set() });
    expect(errors.join()).toContain("unknown authority");
  });
});
