/** What a user's own functions say when they fail is told without secrets: on the screen, in the record and in its reports. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { template } from "../../cli/own/templates.ts";
import { root } from "./k6.ts";
import { throughlineIn } from "./throughline.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-secret-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A platform that takes events over HTTP and lists them. */
async function startPlatform(): Promise<string> {
  const orders: { id: string; text: string }[] = [];
  const server = createServer(async (request, answer) => {
    if (request.method === "POST") orders.push({ id: `${orders.length}`, text: (await request.toArray()).join("") });
    answer.end(JSON.stringify(orders));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One is declared secret, although its name is that of an address; of the other only the password is. */
const HOOK = "https://hooks.example/T0PSECRET-path";
const DATABASE = "postgres://app:hunter2-of-the-db@db.example/orders";
const LEAK = 'throw new Error("gone: " + [HOOK_URL, DATABASE_URL, DATABASE_URL.split(/[:@]/)[2]]);';

const failing = (part: string | RegExp, instead: string) =>
  template("orders", "http", "list")
    .replace("variables: {", `variables: { HOOK_URL: { meaning: "a hook", secret: true }, DATABASE_URL: "${DATABASE}",`)
    .replace("publish({ EVENTS_URL }", "publish({ EVENTS_URL, HOOK_URL, DATABASE_URL }")
    .replace("list({ LIST_URL }", "list({ LIST_URL, HOOK_URL, DATABASE_URL }")
    .replace(part, instead);

test.each<[string, string, RegExp]>([
  ["publish() that fails", failing("return async (event) =>", `if (EVENTS_URL !== "") ${LEAK}\n$&`), /gone/],
  [
    "a send that fails in mid-load",
    failing(
      /return async \(event\) => .*/,
      `return async (event) => {
        if (JSON.parse(event).amount % 3 === 0) ${LEAK}
        return httpAnswer(await access.send(post(event)));
      };`,
    ),
    /gone/,
  ],
  ["list() that fails", failing("const orders =", `if (LIST_URL !== "") ${LEAK}\n$&`), /could not be read: gone/],
])("%s tells no secret", async (_, file, said) => {
  const url = await startPlatform();
  writeFileSync(join(folder, "orders.pipeline.ts"), file);
  const args = ["--rate", "40", "--events", "40", "--run-id", "told", "--out", "results"];
  const sets = { DRAIN_QUIET: "1s", CANARY_TIMEOUT: "3s", EVENTS_URL: url, LIST_URL: url, HOOK_URL: HOOK };
  const told = Object.entries(sets).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const { stdout, stderr } = await throughlineIn(folder, "run", "orders", ...args, ...told);
  const files = readdirSync(join(folder, "results"), { recursive: true, withFileTypes: true });
  const written = files
    .filter((one) => one.isFile())
    .map((one) => readFileSync(join(one.parentPath, one.name), "utf8"));
  const all = [stdout, stderr, ...written].join("\n");
  expect(
    all
      .split("\n")
      .filter((line) => /T0PSECRET|hunter2/.test(line))
      .map((line) => line.slice(0, 300)),
  ).toEqual([]);
  expect(said.test(all)).toBe(true);
});
