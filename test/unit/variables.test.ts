import { describe, expect, test } from "vitest";
import type { Variable } from "../../core/variable.ts";
import { profilesOf } from "../../scenarios.ts";
import { CHAIN_NUMBERS } from "../../systems/pulse/wire.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";

const ROWS = Object.entries(VARIABLES).flatMap(([target, variables]) =>
  Object.entries<Variable<unknown>>(variables).map(([name, variable]): [string, string, Variable<unknown>] => [
    target,
    name,
    variable,
  ]),
);

describe.each(ROWS)("%s %s", (_, name, variable) => {
  test("says what it does and what it may hold, each in one line", () => {
    expect(variable.meaning).toMatch(/^\S.+\S$/);
    expect(variable.allowed).toMatch(/^\S.+\S$/);
  });

  test("is spelled in capitals and is not taken for an objective", () => {
    expect(name).toMatch(/^[A-Z][A-Z_]+$/);
    expect(name).not.toMatch(/^(SLO|THROUGHLINE)_/);
  });

  test("allows what it is when it is not given", () => {
    if (variable.fallback === null) expect(variable.parse("")).toBeUndefined();
    else expect(variable.parse(variable.fallback)).not.toBeUndefined();
  });
});

test("the same name means the same in every test that has it, but for the profiles, what chains are for, where a pipeline ends and is entered, what waits at the same time, and what a rate is of", () => {
  const meanings = new Map<string, Set<string>>();
  for (const [, name, { meaning, allowed, fallback }] of ROWS) {
    if (["SCENARIO", "CHAINS", "RECEIVER_URL", "STREAM", "CONCURRENCY", "RATE", "WORKERS"].includes(name)) continue;
    meanings.set(name, (meanings.get(name) ?? new Set()).add(`${meaning} ${allowed} ${fallback}`));
  }
  for (const [name, said] of meanings) expect(said.size, name).toBe(1);
});

const { nats, http, websocket } = VARIABLES;

describe("a text", () => {
  test.each<[string, Variable<unknown>, string, unknown]>([
    ["SCENARIO", nats.SCENARIO, "burst", "burst"],
    ["SCENARIO", websocket.SCENARIO, "churn", "churn"],
    ["VUS", http.VUS, "100000", 100_000],
    ["EVENTS", nats.EVENTS, "268435456", 268_435_456],
    ["RATE", nats.RATE, "0.5", 0.5],
    ["RATE", nats.RATE, "1e3", 1_000],
    ["RATE", nats.RATE, "max", "max"],
    ["DURATION", nats.DURATION, "1m30s", 90],
    ["TIME_SCALE", nats.TIME_SCALE, "0.001", 0.001],
    ["BURST", nats.BURST, "1", true],
    ["BURST", nats.BURST, "0", false],
    ["RUN_ID", nats.RUN_ID, "2026-01-01.nightly_7", "2026-01-01.nightly_7"],
    ["RUN_ID", nats.RUN_ID, "r".repeat(64), "r".repeat(64)],
    ["SEED", nats.SEED, "0", 0],
    ["CHAINS", nats.CHAINS, "base, bsc", ["base", "bsc"]],
    ["CHAIN_IDS", nats.CHAIN_IDS, "ethereum=60, solana=501", { ethereum: 60, solana: 501 }],
    ["NATS_URL", nats.NATS_URL, "tls://a.example:4222", "tls://a.example:4222"],
    ["HTTP_URL", http.HTTP_URL, "https://a.example/gateway//", "https://a.example/gateway"],
    ["WS_URL", websocket.WS_URL, "wss://a.example/ws?x=1", "wss://a.example/ws?x=1"],
    ["RECEIVER_URL", nats.RECEIVER_URL, "http://[::1]:9/", "http://[::1]:9"],
    ["NATS_TOKEN", nats.NATS_TOKEN, " ", " "],
    ["NATS_CREDS", nats.NATS_CREDS, "./my creds", "./my creds"],
    ["FILTERS", websocket.FILTERS, "simple, all", ["simple", "all"]],
    ["CLOUD_PROJECT", http.CLOUD_PROJECT, "3456789", 3_456_789],
    ["CLOUD_ZONES", http.CLOUD_ZONES, "amazon:us:ashburn=100", { "amazon:us:ashburn": 100 }],
    ["CLOUD_ZONES", http.CLOUD_ZONES, "a:b=60, c:d=40", { "a:b": 60, "c:d": 40 }],
  ])("%s takes %#: %j", (_, variable, text, value) => {
    expect(variable.parse(text)).toEqual(value);
  });

  test.each<[string, Variable<unknown>, string[]]>([
    ["SCENARIO", nats.SCENARIO, ["", "Smoke", "churn", "smoke ", "constructor"]],
    ["VUS", http.VUS, ["0", "-1", "1.5", "100001", "1e3", "ten", "", " 5", "0x10"]],
    ["EVENTS", nats.EVENTS, ["0", "4294967296", "10k", "1_000"]],
    ["RATE", nats.RATE, ["0", "-5", "fast", "Max", "", " ", "Infinity", "NaN", "10/s"]],
    ["DURATION", nats.DURATION, ["60", "0s", "", "1m 30s", "-5s", "forever", "0ms0h"]],
    ["TIME_SCALE", nats.TIME_SCALE, ["0", "-1", "", "50%", "Infinity"]],
    ["BURST", nats.BURST, ["true", "yes", "", "01", "2"]],
    ["RUN_ID", nats.RUN_ID, ["", "a b", "../etc", ".hidden", "-x", "a/b", "r".repeat(65), "ü"]],
    ["SEED", nats.SEED, ["-1", "4294967296", "", "1.0"]],
    ["CHAINS", nats.CHAINS, ["", "Ethereum", "ethereum,,solana", "ethereum;solana", "ethereum,"]],
    ["CHAIN_IDS", nats.CHAIN_IDS, ["", "ethereum", "ethereum:1", "ethereum=x", "ethereum=1,", "=1", "ethereum=-1"]],
    ["NATS_URL", nats.NATS_URL, ["", "localhost:4222", "http://a.example", "nats://", "nats:// a", "xnats://a"]],
    ["HTTP_URL", http.HTTP_URL, ["", "a.example", "ftp://a.example", "https:///path", "http://a b"]],
    ["WS_URL", websocket.WS_URL, ["http://a.example/ws", "ws:/a.example"]],
    ["NATS_TOKEN", nats.NATS_TOKEN, [""]],
    ["NATS_CREDS", nats.NATS_CREDS, ["", "  "]],
    ["FILTERS", websocket.FILTERS, ["", "hard", "simple,", "simple;complex", "Simple"]],
    ["CLOUD_PROJECT", http.CLOUD_PROJECT, ["0", "mine", "", "1.5"]],
    ["CLOUD_ZONES", http.CLOUD_ZONES, ["", "a:b", "a:b=99", "a:b=60,c:d=50", "a:b=50,a:b=50", "a b=100", "a:b=100,"]],
  ])("%s takes nothing like these", (_, variable, refused) => {
    for (const text of refused) expect(variable.parse(text), JSON.stringify(text)).toBeUndefined();
  });
});

test.each(Object.keys(VARIABLES) as RunnableTest[])("%s allows the profiles that it has", (target) => {
  const { SCENARIO } = VARIABLES[target];
  for (const profile of profilesOf(target)) expect(SCENARIO.parse(profile)).toBe(profile);
  expect(SCENARIO.allowed).toBe(profilesOf(target).join(", "));
});

test("chains are named in the words of the contract", () => {
  expect(nats.CHAINS.parse(Object.keys(CHAIN_NUMBERS).join(","))).toEqual(Object.keys(CHAIN_NUMBERS));
  for (const chain of Object.keys(CHAIN_NUMBERS)) expect(nats.CHAINS.allowed).toContain(chain);
});
