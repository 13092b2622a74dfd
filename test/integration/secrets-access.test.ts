/** The secrets of every way in, shown to a target that repeats all that it is told: they are nowhere but there. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "./k6.ts";

const SECRET = "hunter2-of-nobody";
const ENCODED = Buffer.from(`user:${SECRET}`).toString("base64");

let folder: string;
let parrot: Server;
let at: string;
/** What requests carried, by header. */
const shown = new Map<string, string>();

/** Repeats what it was shown in the status line, in a header and in the body, and lets nobody in. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-secrets-"));
  await writeFile(join(folder, "headers.json"), JSON.stringify({ "X-Api-Key": SECRET }));
  await writeFile(join(folder, "tokens"), `${SECRET}\n`);
  parrot = createServer(async (request, answer) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    if (request.url?.startsWith("/token") === true) return void answer.end(JSON.stringify({ access_token: SECRET }));
    for (const [name, value] of Object.entries(request.headers)) shown.set(name, String(value));
    const told = JSON.stringify({ ...request.headers, body });
    answer.writeHead(401, { "Www-Authenticate": `Bearer error="invalid", got=${told}` }).end(told);
  });
  await new Promise<void>((resolve) => parrot.listen(0, "127.0.0.1", resolve));
  at = `127.0.0.1:${(parrot.address() as AddressInfo).port}`;
});
afterAll(async () => {
  parrot?.close().closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

const TARGETS: readonly [test: string, prefix: string, settings: () => Record<string, string>][] = [
  ["http", "HTTP", () => ({ HTTP_URL: `http://${at}` })],
  ["websocket", "WS", () => ({ WS_URL: `ws://${at}/ws` })],
  ["ingest", "INGEST", () => ({ INGEST_URL: `http://${at}`, RECEIVER_URL: "none" })],
  ["webhook", "SIGNALS", () => ({ SIGNALS_URL: `http://${at}`, WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: SECRET })],
];

/** A way in, how it is given, and the header that shows the secret. */
const WAYS: readonly [name: string, settings: () => Record<string, string>, header: string][] = [
  ["HEADERS", () => ({ HEADERS: `X-Api-Key: ${SECRET}` }), "x-api-key"],
  ["HEADERS_FILE", () => ({ HEADERS_FILE: join(folder, "headers.json") }), "x-api-key"],
  ["COOKIES", () => ({ COOKIES: `theme=dark; session=${SECRET}` }), "cookie"],
  ["BASIC", () => ({ BASIC: `user:${SECRET}` }), "authorization"],
  ["TOKEN", () => ({ TOKEN: SECRET }), "authorization"],
  ["TOKENS", () => ({ TOKENS: join(folder, "tokens") }), "authorization"],
  ["TOKEN_URL", () => ({ TOKEN_URL: `http://${at}/token?key=${SECRET}` }), "authorization"],
  ["TOKEN_FORM", () => ({ TOKEN_URL: `http://${at}/token`, TOKEN_FORM: `client_secret=${SECRET}` }), "authorization"],
];

function given(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
}

function prefixed(prefix: string, settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${prefix}_${name}`, value]));
}

/** Runs k6. @returns what it printed and what it wrote into files. */
async function tracesOf(args: readonly string[], files: readonly string[]) {
  await Promise.all(files.map((file) => rm(file, { force: true })));
  const { all = "", exitCode } = await execa(join(root, "bin/k6"), args, {
    ...{ cwd: root, all: true, reject: false, stdin: "ignore", timeout: 60_000, extendEnv: false },
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" },
  });
  const written = await Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")));
  return { exitCode, text: [all, ...written].join("\n") };
}

describe.each(TARGETS)("%s.js", (name, prefix, settings) => {
  test.each(WAYS)("shows %s to its target, and to nobody else", async (_, way, header) => {
    shown.clear();
    const files = ["summary.json", "metrics.json"].map((file) => join(folder, file));
    const variables = { ...settings(), ...prefixed(prefix, way()), SUMMARY: files[0] as string };
    const args = ["run", "--address", "", "--verbose", "--out", `json=${files[1]}`];
    const { exitCode, text } = await tracesOf([...args, ...given(variables), `dist/${name}.js`], files);
    expect(exitCode, text.slice(-2_000)).toBe(108);
    expect(
      [SECRET, ENCODED].some((secret) => shown.get(header)?.includes(secret) === true),
      text,
    ).toBe(true);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(ENCODED);
  });

  test("has none of them in an archive without the environment", async () => {
    for (const [, way] of WAYS.filter(([file]) => !["HEADERS_FILE", "TOKENS"].includes(file))) {
      const archive = join(folder, "archive.tar");
      const variables = { ...settings(), ...prefixed(prefix, way()) };
      const args = ["archive", "--exclude-env-vars", "-O", archive, ...given(variables), `dist/${name}.js`];
      const { exitCode, text } = await tracesOf(args, [archive]);
      expect(exitCode, text.slice(0, 2_000)).toBe(0);
      expect(text).toContain("metadata.json");
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(ENCODED);
    }
  });
});
