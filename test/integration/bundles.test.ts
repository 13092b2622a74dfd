import { readFile, stat } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { profileOf, profilesOf } from "../../scenarios.ts";
import { VARIABLES } from "../../systems/variables.ts";
import { k6 } from "./k6.ts";

const tests = Object.keys(VARIABLES) as (keyof typeof VARIABLES)[];
const everyProfile = tests.flatMap((name) =>
  profilesOf(name)
    // What an alias stands for is a table's, and tested there.
    .filter((profile) => profileOf(name, profile) === profile)
    .map((profile) => [name, profile] as const),
);

test.each(everyProfile)("k6 inspects %s with SCENARIO=%s", async (name, profile) => {
  const { exitCode, stdout } = await k6(["inspect", `dist/${name}.js`], { SCENARIO: profile });
  expect(exitCode).toBe(0);
  const options = JSON.parse(stdout) as { scenarios: object; thresholds: object };
  expect(Object.keys(options.scenarios)).toContain(profile);
  expect(Object.keys(options.thresholds).length).toBeGreaterThan(5);
});

/** Kubernetes takes so many bytes in a ConfigMap. */
const CONFIG_MAP_LIMIT = 1024 * 1024;

test.each([...tests, "sockets"])("%s fits into half of a Kubernetes ConfigMap", async (name) => {
  expect((await stat(`dist/${name}.js`)).size).toBeLessThan(CONFIG_MAP_LIMIT / 2);
});

/** The bytes of a program for Node and of all that it loads before it runs. */
async function loadedBy(name: string, seen = new Set<string>()): Promise<number> {
  if (seen.has(name)) return 0;
  seen.add(name);
  const text = await readFile(`dist/node/${name}`, "utf8");
  let bytes = text.length;
  for (const [, other] of text.matchAll(/^(?:\} from|import) "\.\/([^"]+)";$/gm))
    bytes += await loadedBy(other as string, seen);
  return bytes;
}

test.each([
  ["throughline", 300_000, "no command but the one that is called"],
  ["receiver", 3_000_000, "no client of a database that it does not watch"],
])("%s loads less than %d bytes: %s", async (name, most) => {
  expect(await loadedBy(`${name}.js`)).toBeLessThan(most);
});

describe("on a k6 without extensions", () => {
  test.each([
    ["http", "HTTP_URL"],
    ["websocket", "WS_URL"],
    ["ingest", "INGEST_URL"],
  ])("%s starts its stress profile and says that no gateway answers", async (name, variable) => {
    const url = `${name === "websocket" ? "ws" : "http"}://127.0.0.1:1`;
    const args = ["run", "--quiet", "--address", "", `dist/${name}.js`];
    // k6 makes all virtual users of a profile before it asks whether a gateway is there.
    const variables = { SCENARIO: "stress", LOAD_SCALE: "0.01", [variable]: url };
    const { exitCode, errors } = await k6(args, variables, "k6-stock");
    expect(exitCode).toBe(108);
    expect(errors.join("\n")).toMatch(new RegExp(`${variable}=${url}: (no |the gateway gives no answer)`));
  });

  test("nats is refused for want of its module", async () => {
    const offline = { K6_AUTO_EXTENSION_RESOLUTION: "false" };
    const { exitCode, errors } = await k6(["inspect", "dist/nats.js"], {}, "k6-stock", offline);
    expect(exitCode).toBe(107);
    expect(errors.join()).toContain('unknown modules ["k6/x/nats"]');
  });
});
