/**
 * Tokens that end while a run lasts. A gateway that lets nobody in without one, and ends each connection with its token,
 * stands before the reference gateway; a run is told as any other.
 *
 * The ten minutes of a soak are had by hand: TOKEN_SOAK_SECONDS=600 TOKEN_SECONDS=20.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { gateFor } from "./gate.ts";
import { runBundle } from "./k6.ts";
import { type Login, loginFor } from "./login.ts";
import { runPipeline, startPipeline } from "./pipeline.ts";
import { idInThisTry, recordIn, throughlineWith } from "./throughline.ts";
import { untimedFlags } from "./untimed.ts";

const SECONDS = Number(process.env["TOKEN_SOAK_SECONDS"] ?? 15);
const LASTS = Number(process.env["TOKEN_SECONDS"] ?? 5);
const VUS = 3;
const ABORTED = 108;

let pipeline: Pipeline;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-tokens-"));
  pipeline = await startPipeline();
});
afterAll(async () => {
  await pipeline?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The gateway behind a door that ends each connection with its token. */
async function door(login: Login) {
  const gate = await gateFor({
    upstream: pipeline.gateway.url,
    admit: login.admit,
    close: { code: 4401, reason: "token expired", after: login.left },
  });
  return { gate, url: `ws://127.0.0.1:${gate.port}/ws` };
}

async function accountOf(run: string): Promise<Account> {
  return (await (await fetch(`${pipeline.receiver.url}/runs/${run}`)).json()) as Account;
}

describe("a soak in which tokens end", () => {
  test.each([
    ["by the answer's expires_in", "expires_in", SECONDS, {}],
    ["by the claim exp of a JWT", "jwt", 15, {}],
    ["by WS_TOKEN_LASTS alone", "nobody", 15, { WS_TOKEN_LASTS: `${LASTS}s` }],
  ] as const)(
    "passes, and only what came between two connections is unjudged: known %s",
    async (_, told, seconds, more) => {
      const login = await loginFor({ lasts: LASTS, told });
      const { gate, url } = await door(login);
      const length = `${seconds + 120}s`;
      const { run, nats, websocket } = await runPipeline(pipeline, {
        nats: { RATE: "50", BATCH: "1", DURATION: `${seconds}s` },
        websocket: {
          VUS: String(VUS),
          DURATION: length,
          FILTERS: "all",
          WS_URL: url,
          WS_TOKEN_URL: login.url,
          ...more,
        },
      });
      const account = await accountOf(run);
      const said = `${websocket.stdout}${websocket.log}${nats.log}${JSON.stringify(account, null, 1)}`;
      if (process.env["TOKEN_SOAK_SECONDS"] !== undefined) console.log(said, `tokens: ${login.given.size}`);
      expect({ nats: nats.exitCode, websocket: websocket.exitCode }, said).toEqual({ nats: 0, websocket: 0 });
      expect(websocket.stdout).toContain("PASS");
      expect(account).toMatchObject({ ending: "complete", published: seconds * 50, lost: 0, duplicated: 0, late: 0 });
      // Each virtual user has had a token for each fraction of its life, and none was refused or thrown out.
      const lives = Math.floor(seconds / LASTS);
      expect(login.given.size).toBeGreaterThanOrEqual(VUS * lives);
      expect(gate.seen.filter(({ status }) => status !== 200)).toEqual([]);
      expect(gate.seen.length).toBeGreaterThan(VUS * lives);
      // What nobody was there for is counted: little, and something.
      expect(account.delivered).toBe(account.expected);
      expect(account.unjudged).toBeGreaterThan(0);
      expect(account.unjudged).toBeLessThan(0.1 * VUS * seconds * 50);
    },
    (SECONDS + 180) * 1000,
  );

  test("fails where nobody says how long a token lasts: the gateway has to end each connection, and says why", async () => {
    const login = await loginFor({ lasts: 3, told: "nobody" });
    const { url } = await door(login);
    const { run, websocket } = await runPipeline(pipeline, {
      nats: { RATE: "50", BATCH: "1", DURATION: "10s" },
      websocket: { VUS: "2", FILTERS: "all", WS_URL: url, WS_TOKEN_URL: login.url },
    });
    expect(websocket.exitCode).toBe(99);
    expect(websocket.stdout).toMatch(/FAIL/);
    expect(websocket.stdout).toContain("connections ended by the target: 4401 token expired");
    const account = await accountOf(run);
    expect(account.lost).toBe(0);
    expect(account.unjudged).toBeGreaterThan(0);
  });

  test("a token that is taken back for good is a refusal that is counted, and no endless loop", async () => {
    const login = await loginFor({ lasts: 4 });
    const { gate, url } = await door(login);
    setTimeout(login.revokeAll, 5_000);
    const { stdout, log, exitCode } = await runBundle("websocket", {
      ...{ VUS: "1", DURATION: "10s" },
      ...{ WS_URL: url, WS_TOKEN_URL: login.url },
    });
    expect(exitCode, log).toBe(99);
    expect(stdout).toMatch(/ws_connection_errors_total +count == 0/);
    expect(log).toMatch(/refused by the target: the handshake with 401: \d+/);
    const refused = gate.seen.filter(({ status }) => status === 401).length;
    expect(refused).toBeGreaterThan(0);
    // Some five seconds are left: an attempt and a look at its status, at most twice a second.
    expect(refused).toBeLessThan(30);
    expect(login.given.size).toBeLessThan(30);
    for (const token of login.given.keys()) expect(stdout + log).not.toContain(token);
  });
});

describe("a login server that gives no token", () => {
  test.each([
    [
      "refuses",
      { status: 401, body: '{"error":"invalid_client","error_description":"s3cr3t"}' },
      "status 401, invalid_client",
    ],
    ["answers two lines", { status: 200, body: "s3cr3t\nanother" }, "several words or lines"],
    ["answers a page", { status: 200, body: "<html>s3cr3t</html>\n<p>" }, "several words or lines"],
  ])("%s: that ends the test, in one line", async (_, refusal, said) => {
    const login = await loginFor({ lasts: 4, refuses: () => refusal });
    const { gate, url } = await door(login);
    const { exitCode, errors, log } = await runBundle("websocket", { WS_URL: url, WS_TOKEN_URL: login.url });
    expect({ exitCode, errors }).toEqual({
      exitCode: ABORTED,
      errors: [
        expect.stringMatching(new RegExp(`^test aborted: WS_TOKEN_URL=http://127.*: no token comes: .*${said}`)),
      ],
    });
    expect(log.match(/no token comes/g)).toHaveLength(1);
    expect(log).not.toContain("s3cr3t");
    expect(gate.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });
});

describe("a command that prints the next token", () => {
  /** Runs the command line as a user would, against the door, with some variables in the shell. */
  async function runWith(environment: Record<string, string>, url: string, run: string, ...more: string[]) {
    const flags = ["--ws-url", url, "--nats-url", pipeline.nats.url, "--receiver-url", pipeline.receiver.url];
    const { exitCode, stdout, stderr } = await throughlineWith(
      environment,
      folder,
      ...["run", "websocket", "nats", ...flags, ...untimedFlags("websocket", "nats")],
      ...[
        "--set",
        "websocket.VUS=2",
        "--set",
        "CREATE_STREAM=1",
        "--set",
        "FILTERS=all",
        "--set",
        "PING_EVERY=250ms",
        "--rate",
        "100",
        "--duration",
        "12s",
        "--run-id",
        run,
        "--out",
        "results",
        ...more,
      ],
    );
    return { exitCode, text: stdout + stderr };
  }

  test("is run by throughline run before each token ends, and what it prints is told nowhere", async () => {
    const login = await loginFor({ lasts: 4 });
    const { gate, url } = await door(login);
    const { exitCode, text } = await runWith(
      { THROUGHLINE_WS_TOKEN_COMMAND: `curl -s ${login.url}` },
      url,
      "commanded",
    );
    expect(exitCode, text).toBe(0);
    expect(gate.seen.filter(({ status }) => status !== 200)).toEqual([]);
    expect(login.given.size).toBeGreaterThanOrEqual(4);
    const { verdict, account } = await recordIn(join(folder, "results"), "commanded");
    expect({ verdict, lost: account?.lost }).toEqual({ verdict: "PASS", lost: 0 });
    const results = join(folder, "results", idInThisTry("commanded"));
    const files = await readdir(results);
    const written = await Promise.all(files.map((file) => readFile(join(results, file), "latin1")));
    for (const token of login.given.keys()) expect([text, ...written].join("\n")).not.toContain(token);
  });

  test.each([
    ["fails", "echo s3cr3t >&2; exit 3", "WS_TOKEN_COMMAND: it ended with 3: run it by itself to see why"],
    ["prints two lines", "echo s3cr3t; echo s3cr3t", "WS_TOKEN_COMMAND: .* several words or lines"],
    ["prints nothing", "true", "WS_TOKEN_COMMAND: .* it is empty"],
    ["is none", "no-such-command-of-nobody", "WS_TOKEN_COMMAND: it ended with 127"],
  ])("that %s ends the test, in one line with the cause", async (what, command, said) => {
    const { url } = await door(await loginFor({ lasts: 4 }));
    const run = what.replaceAll(" ", "-");
    const { exitCode, text } = await runWith({ THROUGHLINE_WS_TOKEN_COMMAND: command }, url, run);
    expect(exitCode, text).toBe(3);
    const { reasons } = await recordIn(join(folder, "results"), run);
    expect(reasons.map((reason) => reason.text).join("\n")).toMatch(new RegExp(`no token comes: status 502, ${said}`));
    expect(text).not.toContain("s3cr3t");
  });

  test("is refused by a bare k6, which starts no programs, with what to do", async () => {
    const { exitCode, errors } = await runBundle("websocket", { WS_TOKEN_COMMAND: "echo s3cr3t" });
    expect(exitCode).toBe(107);
    expect(errors).toEqual([expect.stringMatching(/WS_TOKEN_COMMAND: k6 starts no programs: .*throughline run/)]);
  });
});
