/** A pipeline of one's own whose events are sent to a wrong address, or come out at a wrong one. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { template } from "../../cli/own/templates.ts";
import { freePort } from "../../cli/redis-server.ts";
import { root } from "./k6.ts";
import { throughlineIn } from "./throughline.ts";

let folder = "";
let port = "";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "throughline-misdirected-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  port = String(await freePort());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Hands on what is posted to /events as webhooks; all else is answered 404.
 *
 * @param paths they go to, below /hooks/; those of one letter only where the event is of that kind.
 * @param unready so many posts are answered 404 before its route is there.
 * @param sentTo where the webhook of a path goes.
 */
async function startPlatform(paths: readonly string[], unready = 0, sentTo = (path: string, _post: number) => path) {
  const hooksOf = (body: string) =>
    paths
      .filter((path) => path.length > 1 || body.includes(`"${path}"`))
      .map((path) => `http://127.0.0.1:${port}/hooks/${sentTo(path, posted.length)}`);
  const posted: string[] = [];
  const server = createServer(async (request, answer) => {
    const body = (await request.toArray()).join("");
    posted.push(body);
    if (request.url !== "/events" || posted.length <= unready) return answer.writeHead(404).end("no such route");
    answer.writeHead(202).end();
    for (const url of hooksOf(body)) await fetch(url, { method: "POST", body }).catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, posted };
}

/** In one line, however it is wrapped. */
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

test("an address that is answered 404 ends run and doctor, with the line of the file that has it", async () => {
  const { url, posted } = await startPlatform([]);
  const file = template("orders", "http", "webhook").replace("http://127.0.0.1:3000/events", `${url}/evnts`);
  writeFileSync(join(folder, "orders.pipeline.ts"), file);
  const why = `${url}/evnts is answered 404 no such route: mend EVENTS_URL in orders.pipeline.ts:7, or give another: --set EVENTS_URL=...`;
  const ran = await throughlineIn(folder, "run", "orders", "--receiver-port", port);
  expect(flat(ran.stdout)).toContain(`no canary could be sent: ${why}`);
  expect(ran.exitCode).toBe(3);
  const before = posted.length;
  const tried = await throughlineIn(folder, "doctor", "orders", "--receiver-port", port);
  // A port that takes connections says nothing of the path.
  expect(tried.stdout).toMatch(/ok +EVENTS_URL address +127\.0\.0\.1:\d+ takes connections\n/);
  const sent = posted.length - before;
  expect(tried.stdout).toContain(
    `your system was sent ${sent} ${sent === 1 ? "canary" : "canaries"} -> no canary could be sent: ${why}`,
  );
  expect(sent).toBeLessThanOrEqual(10);
  expect(tried.exitCode).toBe(1);
});

/** Enough for a verdict, and soon over. */
const SHORT = ["--events", "200", "--rate", "100", "--set", "CANARY_TIMEOUT=3s"];

test("an address that is answered 404 until its route is there is asked again", async () => {
  const { url } = await startPlatform(["a", "b", "all"], 2);
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "http", "webhook"));
  const told = ["--receiver-port", port, "--set", `EVENTS_URL=${url}/events`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...SHORT);
  expect(stdout).toContain("published  200 events");
  expect(exitCode).toBe(0);
});

test("a system that sends to one wrong path of several is measured, and fails", async () => {
  const { url } = await startPlatform(["a", "b", "al"]);
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "http", "webhook"));
  const told = ["--receiver-port", port, "--set", `EVENTS_URL=${url}/events`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...SHORT);
  expect(stdout).toContain("published  200 events");
  expect(exitCode).toBe(1);
});

test("webhooks of a path that come to another one, which selects some of them, are one fault", async () => {
  let astray = 0;
  const { url } = await startPlatform(["a", "b", "all"], 0, (path, post) => {
    if (path !== "all" || post % 10 !== 0 || post <= 50) return path;
    astray++;
    return "a";
  });
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "http", "webhook"));
  const told = ["--receiver-port", port, "--set", `EVENTS_URL=${url}/events`, "--set", "DRAIN_QUIET=1s"];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told, ...SHORT);
  expect(exitCode, stdout).toBe(1);
  const [reasons = ""] = stdout.slice(stdout.indexOf("FAIL ")).split("\n\n");
  expect(reasons.match(/^ {2}- /gm), stdout).toHaveLength(1);
  expect(flat(reasons)).toMatch(
    /- orders: account_misrouted .* seen: events? [\d, ]+ (was|were) due on all, arrived on a; /,
  );
  expect(flat(reasons)).toMatch(/events? [\d, ]+ came twice on a, where one was due, and not on all/);
  expect(flat(reasons)).toContain(`account_lost (expected deliveries that never happened): ${astray}, must be`);
  expect(flat(reasons)).toMatch(/with it: .*account_duplicated/);
});

test("webhooks only to a path that the pipeline does not have end the wait, with both paths", async () => {
  const { url } = await startPlatform(["al"]);
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "http", "webhook"));
  const told = ["--receiver-port", port, "--set", `EVENTS_URL=${url}/events`];
  const { exitCode, stdout } = await throughlineIn(folder, "run", "orders", ...told);
  expect(flat(stdout)).toContain(
    "a canary arrived on /hooks/al, and is due on /hooks/a, /hooks/b, /hooks/all: change where your system sends to, or the names in observe.paths (orders.pipeline.ts:21)",
  );
  expect(stdout).toContain("none: no event was published");
  expect(exitCode).toBe(3);
});
