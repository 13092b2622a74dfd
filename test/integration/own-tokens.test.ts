/** Every way in that the suite's own tests have, for pipelines of one's own: publishers, subscribers and observers. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Authority, authority } from "./certificates.ts";
import { bearer, shownBy } from "./gate.ts";
import { loginFor } from "./login.ts";
import { type Shop, type ShopName, shopBehind, shopFolder } from "./shop.ts";
import { recordIn, throughlineWith } from "./throughline.ts";
import { BUSY } from "./untimed.ts";

let folder: string;
let remove: () => Promise<void>;
let certificates: Authority;
beforeAll(async () => {
  ({ path: folder, remove } = await shopFolder());
  certificates = await authority(folder);
});
afterAll(() => remove?.());

let runs = 0;

/** Runs a pipeline of the folder with some variables in the shell. @returns all that it left behind. */
async function run(name: ShopName, { addresses }: Shop, ways: Record<string, string>, ...flags: string[]) {
  const id = `run-${++runs}`;
  const told = { ...addresses, ...ways };
  const environment = Object.fromEntries(Object.entries(told).map(([key, value]) => [`THROUGHLINE_${key}`, value]));
  const { exitCode, stdout, stderr } = await throughlineWith(
    environment,
    folder,
    ...["run", name, "--run-id", id, "--out", "results", "--rate", "40", "--set", "DRAIN_QUIET=2s"],
    ...flags,
  );
  const results = join(folder, "results", id);
  const files = await Promise.all((await readdir(results)).map((file) => readFile(join(results, file), "latin1")));
  return { exitCode, text: stdout + stderr, everything: [stdout, stderr, ...files].join("\n"), id };
}

/** What a busy machine misses is not looked at here. */
const isJudged = ({ metric }: { readonly metric: string | null }) => !BUSY.test(metric ?? "");

const recordOf = (id: string) => recordIn(join(folder, "results"), id);

const LASTS = 4;

/** A door that lets in who shows a good token, and ends each socket with its token. */
async function renewing(told: "expires_in" | "nobody" = "expires_in") {
  const login = await loginFor({ lasts: LASTS, told });
  const close = { code: 4401, reason: "token expired", after: login.left };
  return { login, shop: await shopBehind({ admit: login.admit, close }) };
}

describe("tokens that end while a run lasts", () => {
  test("publishers and subscriptions change to the next one in time: nobody is refused or thrown out", async () => {
    const { login, shop } = await renewing();
    const { text, everything, id } = await run(
      "live",
      shop,
      { TARGET_TOKEN_URL: login.url, TARGET_TOKEN_FORM: "grant_type=client_credentials&client_secret=s3cr3t-of-all" },
      ...["--duration", "14s"],
    );
    const { account, reasons } = await recordOf(id);
    expect(reasons.filter(isJudged), text).toEqual([]);
    expect(account).toMatchObject({ acknowledged: 560, lost: 0, duplicated: 0 });
    expect(account?.unjudged).toBeGreaterThan(0);
    expect(shop.gate.seen.filter(({ status }) => status !== 200)).toEqual([]);
    // Two subscribers have had a connection for each life of a token.
    expect(shop.gate.seen.filter(({ headers }) => headers.upgrade !== undefined).length).toBeGreaterThanOrEqual(6);
    expect(new Set(login.asked)).toEqual(new Set(["POST grant_type=client_credentials&client_secret=s3cr3t-of-all"]));
    for (const token of [...login.given.keys(), "s3cr3t-of-all"]) expect(everything).not.toContain(token);
  });

  test("a gateway that has to end a connection says why, and the next one has the next token", async () => {
    const { login, shop } = await renewing("nobody");
    const { text, id } = await run("live", shop, { TARGET_TOKEN_URL: login.url }, "--duration", "10s");
    const { account, verdict, tests } = await recordOf(id);
    expect(verdict, text).toBe("FAIL");
    expect(text).toMatch(/connections ended by the target: 4401 token expired: \d+/);
    expect(account).toMatchObject({ acknowledged: 400, lost: 0 });
    const rows = tests.flatMap(({ summary }) => summary?.rows ?? []);
    const missed = rows.filter(({ result }) => result === "missed").map(({ metric }) => metric);
    expect(missed).toContain("ws_sessions_lost");
    expect(missed).not.toContain("events_refused");
    expect(login.given.size).toBeGreaterThan(3);
  });

  test.each(["listed", "counted"] as const)(
    "an observer and publishers take the next one after a 401, here from a command: %s",
    async (name) => {
      const { login, shop } = await renewing("nobody");
      const ways = { TARGET_TOKEN_COMMAND: `curl -s ${login.url}` };
      const { text, everything, id } = await run(name, shop, ways, "--duration", "10s");
      const { account, reasons } = await recordOf(id);
      expect(reasons.filter(isJudged), text).toEqual([]);
      expect(account).toMatchObject({ acknowledged: 400, lost: 0, duplicated: 0 });
      const refused = shop.gate.seen.filter(({ status }) => status === 401);
      expect(refused.length).toBeGreaterThan(2);
      // Of each token, only what was asked until the command had brought the next one. Three of them end in a run.
      expect(refused.length).toBeLessThan(shop.gate.seen.length / 5);
      for (const token of login.given.keys()) expect(everything).not.toContain(token);
    },
  );
});

describe("what never changes", () => {
  const HEADERS = "X-Tenant: tenant-of-nobody\nX-Zone: two";
  const SECRETS = { TARGET_BASIC: "user:hunter2-of-nobody", TARGET_COOKIES: "session=cookie-of-nobody" };
  const BASIC = `Basic ${Buffer.from(SECRETS.TARGET_BASIC).toString("base64")}`;

  test.each(["live", "listed"] as const)("is shown with every request and every handshake: %s", async (name) => {
    const { ca, client, server } = certificates;
    const names = new Set<string | undefined>();
    const shop = await shopBehind({
      tls: { ...server, ca: ca.cert },
      admit: (request) => {
        names.add(shownBy(request));
        return request.headers.authorization === BASIC ? null : 401;
      },
    });
    const headersFile = join(folder, "headers");
    await writeFile(headersFile, "X-Filed: three\nX-Zone: overridden");
    const { text, everything, id } = await run(
      name,
      shop,
      {
        ...{ ...SECRETS, TARGET_HEADERS: HEADERS, TARGET_HEADERS_FILE: headersFile },
        ...{ TARGET_PROTOCOLS: "orders.v1,orders.v2", TARGET_DEFLATE: "1" },
        ...{ TARGET_CERT: client.certFile, TARGET_KEY: client.keyFile, TARGET_CA: ca.certFile },
      },
      ...["--duration", "3s"],
    );
    const { account } = await recordOf(id);
    expect(account, text).toMatchObject({ acknowledged: 120, lost: 0 });
    expect(names).toEqual(new Set(["client"]));
    const { seen } = shop.gate;
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([200]));
    for (const { headers } of seen) {
      expect(headers).toMatchObject({
        cookie: SECRETS.TARGET_COOKIES,
        "x-tenant": "tenant-of-nobody",
        "x-zone": "two",
      });
      expect(headers["x-filed"]).toBe("three");
    }
    const handshakes = seen.filter(({ headers }) => headers.upgrade !== undefined);
    expect(handshakes.length > 0).toBe(name === "live");
    for (const { headers } of handshakes) {
      expect(headers["sec-websocket-protocol"]).toBe("orders.v1, orders.v2");
      expect(headers["sec-websocket-extensions"]).toContain("permessage-deflate");
    }
    for (const secret of ["hunter2-of-nobody", "cookie-of-nobody", BASIC.slice(6)]) {
      expect(everything).not.toContain(secret);
    }
  });

  test("each virtual user has a token of its own from a file", async () => {
    const tokens = ["token-1", "token-2", "token-3"];
    const admit = ({ headers }: IncomingMessage) =>
      tokens.includes(headers.authorization?.replace("Bearer ", "") ?? "") ? null : 401;
    const shop = await shopBehind({ admit });
    // Other virtual users than publishers take some of the numbers.
    await writeFile(join(folder, "tokens"), `# of nobody\n${tokens.join("\n")}\n`);
    const ways = { TARGET_TOKENS: join(folder, "tokens") };
    const { text, id } = await run("listed", shop, ways, "--duration", "3s", "--set", "WORKERS=6");
    // With so few workers a busy machine does not send all that is due.
    expect((await recordOf(id)).account, text).toMatchObject({ refused: 0, unknown: 0, lost: 0 });
    const published = shop.gate.seen.filter(({ headers }) => headers["user-agent"]?.includes("k6") === true);
    expect(new Set(published.map(({ headers }) => headers.authorization))).toEqual(
      new Set(tokens.map((token) => `Bearer ${token}`)),
    );
  });
});

describe("a door that stays shut", () => {
  test.each([
    ["live", "is answered 401[^\n]*: nothing was sent on|the handshake of path \\w+ is answered 401"],
    ["listed", "is answered 401[^\n]*: nothing was sent on"],
  ] as const)("ends the run before its load, with the settings that open it: %s", async (name, said) => {
    const shop = await shopBehind({ admit: bearer("right-token") });
    const { exitCode, text, everything, id } = await run(
      name,
      shop,
      { TARGET_TOKEN: "wrong-token" },
      "--duration",
      "3s",
    );
    const { verdict, reasons, account } = await recordOf(id);
    expect({ exitCode, verdict }, text).toEqual({ exitCode: 3, verdict: "INVALID" });
    expect(account?.published ?? 0).toBe(0);
    expect(reasons.map((reason) => reason.text).join("\n")).toMatch(new RegExp(`(${said}).*TARGET_TOKEN,`));
    expect(everything).not.toContain("wrong-token");
  });

  test("of the observer alone is told as such, where publishers are let in", async () => {
    const shop = await shopBehind({ admit: (request) => (request.method === "POST" ? null : 403) });
    const { text, id } = await run("listed", shop, {}, "--duration", "3s", "--set", "CANARY_TIMEOUT=3s");
    expect((await recordOf(id)).verdict, text).toBe("INVALID");
    expect(text).toMatch(/the far end could not be read: a question to the far end is answered 403 Forbidden/);
  });
});

test("a far end that takes connections and answers no handshake ends the run before its load", async () => {
  const mute = createServer((socket) => void socket.on("error", () => undefined).resume());
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void mute.close());
  const shop = await shopBehind({ admit: () => null });
  const { port } = mute.address() as AddressInfo;
  const { exitCode, text, id } = await run("live", shop, { WS_URL: `ws://127.0.0.1:${port}/live` }, "--duration", "3s");
  const { verdict, reasons, account } = await recordOf(id);
  expect({ exitCode, verdict }, text).toEqual({ exitCode: 3, verdict: "INVALID" });
  expect(account?.published ?? 0).toBe(0);
  expect(reasons.map((reason) => reason.text).join("\n")).toContain("path a: nobody answers its handshake within 5 s");
});
