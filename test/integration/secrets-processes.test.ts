/** What a run of a pipeline of one's own is told of its ways in stands on no command line, which every user reads. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loginFor } from "./login.ts";
import { commandLinesDuring, processesTold } from "./processes.ts";
import { type ShopName, shopBehind, shopFolder } from "./shop.ts";
import { recordIn, throughlineWith } from "./throughline.ts";

// Its own: other files run beside it, and what they put on command lines is theirs.
const SECRET = `hunter2-of-worker-${process.pid}`;
const ENCODED = Buffer.from(`user:${SECRET}`).toString("base64");

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await shopFolder());
});
afterAll(() => remove?.());

const printed = `printf '{"access_token":"%s"}' ${SECRET}`;
/** All that can be told of a target at once: one of them is the Authorization header. */
const BESIDE = { TARGET_HEADERS: `X-Api-Key: ${SECRET}`, TARGET_COOKIES: `session=${SECRET}` };

/** A proof, and the pipeline whose publishers, subscribers or observer show it. */
const WAYS: readonly [what: string, pipeline: ShopName, way: (login: string) => Promise<Record<string, string>>][] = [
  ["user and password", "live", async () => ({ TARGET_BASIC: `user:${SECRET}` })],
  ["a token", "listed", async () => ({ TARGET_TOKEN: SECRET })],
  [
    "a file of tokens",
    "live",
    async () => {
      await writeFile(join(folder, "tokens"), `${SECRET}\n`);
      return { TARGET_TOKENS: join(folder, "tokens") };
    },
  ],
  [
    "an address and its form",
    "listed",
    async (login) => ({ TARGET_TOKEN_URL: `${login}?key=${SECRET}`, TARGET_TOKEN_FORM: `client_secret=${SECRET}` }),
  ],
  ["a command", "live", async () => ({ TARGET_TOKEN_COMMAND: printed })],
  ["a command of an observer", "listed", async () => ({ TARGET_TOKEN_COMMAND: printed })],
];

let runs = 0;

/** Starts a run that is told so, by the shell or by flags. */
async function watched(name: ShopName, ways: Readonly<Record<string, string>>, flags: readonly string[] = []) {
  const { addresses } = await shopBehind({ admit: () => null });
  const id = `watched-${++runs}`;
  const told = Object.entries({ ...addresses, ...ways }).map(([key, value]) => [`THROUGHLINE_${key}`, value]);
  const running = throughlineWith(
    Object.fromEntries(told),
    folder,
    ...["run", name, "--run-id", id, "--out", "results", "--rate", "40", "--duration", "2s"],
    ...flags,
  );
  return { id, running };
}

function secretsIn(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.includes(SECRET) || line.includes(ENCODED));
}

test.each(WAYS)("a run whose shell holds %s shows it in no list of processes", async (_, name, way) => {
  const login = await loginFor({ lasts: 60 });
  const { id, running } = await watched(name, { ...BESIDE, ...(await way(login.url)) });
  const lines = await commandLinesDuring(running);
  const { stdout, stderr } = await running;
  const { account } = await recordIn(join(folder, "results"), id);
  expect(account, stdout + stderr).toMatchObject({ acknowledged: 80, lost: 0 });
  // The run was seen at work: its k6 and its receiver.
  expect(lines.join("\n")).toMatch(new RegExp(`k6 run .*${name}\\.js`));
  expect(lines.join("\n")).toContain("receiver.js --port");
  expect(secretsIn(lines)).toEqual([]);
});

test("what flags are told is off the list of processes when the load begins", async () => {
  const output = `influxdb=http://user:${SECRET}@127.0.0.1:1/k6`;
  const flags = [
    "--set",
    `TARGET_TOKEN=${SECRET}`,
    "--set",
    `TARGET_COOKIES=a=${SECRET}`,
    "--",
    "--out",
    output,
    "-e",
    `API_KEY=${SECRET}`,
  ];
  const { id, running } = await watched("listed", {}, flags);
  await expect.poll(() => processesTold(SECRET, "environ"), { timeout: 30_000 }).toContain("listed.js");
  expect(secretsIn(await commandLinesDuring(running))).toEqual([]);
  expect((await running).exitCode).not.toBe(2);
  // The output was tried: k6 says so, without its login.
  expect(await readFile(join(folder, "results", id, "listed.log"), "utf8")).toContain("127.0.0.1:1");
});
