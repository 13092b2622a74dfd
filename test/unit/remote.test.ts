import { describe, expect, test } from "vitest";
import { settings } from "../../k6/support/settings.ts";
import { isLoopback } from "../../systems/remote.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";

describe("this machine is", () => {
  test.each([
    ...["http://localhost", "http://LOCALHOST:8080/x?y#z", "http://localhost.", "http://gateway.localhost:1"],
    ...["ws://127.0.0.1:8080/ws", "nats://127.255.255.254:4222", "http://[::1]:80", "http://[::ffff:127.0.0.1]/"],
    ...[
      "redis://user:password@localhost:6379/0",
      "http://localhost/@elsewhere.example",
      "http://localhost?a@b.example",
    ],
  ])("%s", (url) => expect(isLoopback(url)).toBe(true));
});

describe("another machine is, or may be", () => {
  test.each([
    ...["http://gateway.example", "http://localhost.example", "http://localhost-a", "http://notlocalhost"],
    ...["http://127.0.0.1.example", "http://127.1", "http://2130706433", "http://0.0.0.0", "http://128.0.0.1"],
    ...["http://10.0.0.1", "http://192.168.1.2", "http://redis:6379", "http://host.docker.internal", "http://[::2]"],
    ...["http://localhost@gateway.example", "http://localhost:1@gateway.example", "http://gateway.example#@localhost"],
    ...[
      "http://localhost\\@gateway.example",
      "http://gateway.example\\@localhost",
      "http://gateway.example/@localhost",
    ],
    ...["nats://localhost:4222,nats://nats.example:4222", "http://a@b@localhost", "localhost", "", "http://"],
    ...["http://localhost gateway.example", "http://localhost\n.example", "http://[::1].example"],
  ])("%j", (url) => expect(isLoopback(url)).toBe(false));
});

function refusal(target: RunnableTest, environment: Record<string, string>): unknown {
  try {
    settings(target, environment);
    return null;
  } catch (refused) {
    return refused;
  }
}

const ADDRESS = {
  http: { HTTP_URL: "http://u:hunter2@gateway.example" },
  websocket: { WS_URL: "ws://u:hunter2@gateway.example/ws" },
  nats: { NATS_URL: "nats://u:hunter2@gateway.example" },
  redis: { REDIS_URL: "redis://u:hunter2@gateway.example" },
};
/** Its load profile is as gentle as smoke, and only longer. */
const SIGNALS = { SIGNALS_URL: "http://u:hunter2@gateway.example" };
const MONITOR = { HEALTH_URL: "http://localhost:4900" };
const TARGETS = Object.entries(ADDRESS) as [keyof typeof ADDRESS, Record<string, string>][];

describe.each(TARGETS)("%s on another machine", (target, away) => {
  test("may be smoked", () => {
    expect(refusal(target, away)).toBeNull();
    expect(refusal(target, { ...away, SCENARIO: "quick" })).toBeNull();
  });

  test("may be loaded with consent only, and the refusal says how without the login", () => {
    const loaded = { ...away, SCENARIO: "load" };
    const [[name, url]] = Object.entries(away) as [[string, string]];
    expect(refusal(target, loaded)).toBe(
      `${name}=${url.replace("u:hunter2", "(hidden)")}: is not this machine, and the load is more than smoke; ` +
        "allowed: a host of this machine, or ALLOW_REMOTE=1",
    );
    expect(refusal(target, { ...loaded, ALLOW_REMOTE: "1" })).toBeNull();
    expect(refusal(target, { SCENARIO: "load" })).toBeNull();
  });
});

describe("a smoke test that is none", () => {
  test.each<[RunnableTest, Record<string, string>]>([
    ["http", { ...ADDRESS.http, VUS: "11" }],
    ["http", { ...ADDRESS.http, LOAD_SCALE: "1.1" }],
    ["http", { ...ADDRESS.http, THINK_TIME: "1ms" }],
    ["websocket", { ...ADDRESS.websocket, SOCKETS: "2" }],
    ["nats", { ...ADDRESS.nats, RATE: "1001" }],
    ["nats", { ...ADDRESS.nats, RATE: "max" }],
    ["nats", { ...ADDRESS.nats, BURST: "1" }],
    ["redis", { ...ADDRESS.redis, EVENTS: "100000", DURATION: "1s" }],
    ["webhook", { ...SIGNALS, RATE: "9" }],
    ["webhook", { ...SIGNALS, ...MONITOR, MEMORY_RATE: "1000", WEBHOOKS: "1000" }],
    ["webhook", { ...SIGNALS, ...MONITOR, TRIALS: "memory", MEMORY_RATE: "1000", WEBHOOKS: "1000" }],
    ["webhook", { ...SIGNALS, TRIALS: "overload", SIGNAL_LIMIT: "1000" }],
  ])("%s with %j needs consent", (target, environment) => {
    expect(refusal(target, environment)).toContain("ALLOW_REMOTE=1");
  });

  test.each([
    { ...MONITOR, TRIALS: "none" },
    { ...MONITOR, TRIALS: "memory", WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: "s" },
    { ...MONITOR, TRIALS: "memory", WEBHOOKS: "12" },
  ])("webhook with %j needs none: its trials are as gentle as those of a smoke test", (environment) => {
    expect(refusal("webhook", { ...SIGNALS, ...environment })).toBeNull();
  });

  test("the receiver may be elsewhere: it bears no load", () => {
    expect(refusal("nats", { SCENARIO: "load", RECEIVER_URL: "http://receiver.example" })).toBeNull();
  });
});

test("every address is one that asks, but the receiver's, those that give tokens, and one that is asked once", () => {
  const rows = Object.values(VARIABLES).flatMap((variables) => Object.entries(variables));
  const addresses = rows.filter(([, { allowed }]) => allowed.includes("URL"));
  expect(addresses.length).toBeGreaterThan(4);
  for (const [name, { target }] of addresses)
    expect(target, name).toBe(!/^(?:RECEIVER|READY)_URL$|_TOKEN_URL$/.test(name));
});
