import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sloVariable } from "../../core/slo.ts";
import { settings } from "../../k6/support/settings.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";

type Environment = Record<string, string>;

/** What the settings refuse to start with; a test that expects a refusal fails when there is none. */
function refusal(target: RunnableTest, environment: Environment): unknown {
  try {
    settings(target, environment);
  } catch (refused) {
    return refused;
  }
  throw new Error(`${JSON.stringify(environment)} was accepted`);
}

const NATS_PROFILES = "smoke, load, stress, spike, soak, breakpoint, quick, medium, extreme, burst, sustained";

describe("refused", () => {
  test.each<[RunnableTest, Environment, string]>([
    [
      "redis",
      { DRAIN_QUIET: "5s", DRAIN_TIMEOUT: "3s" },
      "DRAIN_QUIET=5s: allowed: less than DRAIN_TIMEOUT, which is 3s",
    ],
    ["redis", { DRAIN_TIMEOUT: "5s" }, "DRAIN_TIMEOUT=5s: allowed: more than DRAIN_QUIET, which is 5s"],
    ["ingest", { DRAIN_TIMEOUT: "30s" }, "DRAIN_TIMEOUT=30s: allowed: more than BUFFER_TIMEOUT, which is 30s"],
    ["nats", { SCENARIO: "peak" }, `SCENARIO=peak: allowed: ${NATS_PROFILES}`],
    ["nats", { SCENARIO: "" }, `SCENARIO=: allowed: ${NATS_PROFILES}`],
    ["http", { VUS: "0" }, "VUS=0: allowed: a whole number from 1 to 100000"],
    ["http", { VUS: "many" }, "VUS=many: allowed: a whole number from 1 to 100000"],
    ["nats", { RATE: "-5" }, 'RATE=-5: allowed: a number of events per second above 0, or "max"'],
    ["nats", { EVENTS: "1e3" }, "EVENTS=1e3: allowed: a whole number from 1 to 268435456"],
    ["nats", { DURATION: "60" }, "DURATION=60: allowed: a duration above zero such as 30s, 5m or 1m30s, at most 1000h"],
    ["nats", { DURATION: "0s" }, "DURATION=0s: allowed: a duration above zero such as 30s, 5m or 1m30s, at most 1000h"],
    ["nats", { TIME_SCALE: "0" }, "TIME_SCALE=0: allowed: a number above 0"],
    ["nats", { BURST: "yes" }, "BURST=yes: allowed: 1 or 0"],
    [
      "nats",
      { NATS_URL: "localhost:4222" },
      "NATS_URL=localhost:4222: allowed: a URL that starts with nats:// or tls://",
    ],
    ["http", { HTTP_URL: "ws://a" }, "HTTP_URL=ws://a: allowed: a URL that starts with http:// or https://"],
    ["nats", { CHAIN_IDS: "eth" }, "CHAIN_IDS=eth: allowed: pairs such as ethereum=1,solana=2"],
    [
      "nats",
      { CHAINS: "Ethereum" },
      "CHAINS=Ethereum: allowed: names out of solana, ethereum, polygon, arbitrum, optimism, base, avalanche, bsc or CHAIN_IDS, with commas",
    ],
    ["nats", { RUN_ID: "a b" }, "RUN_ID=a b: allowed: letters, digits, dots, dashes and underscores, at most 64"],
    ["nats", { SUMMARY: " " }, "SUMMARY= : allowed: a file's path"],
    [
      "websocket",
      { FILTERS: "hard" },
      "FILTERS=hard: allowed: simple, moderate, complex, with commas, or all for no filter; with a weight as in simple=3",
    ],
    ["nats", { THROUGHLINE_SEED: "-1" }, "SEED=-1: allowed: a whole number from 0 to 4294967295"],
    ["http", { SLO_HTTP_ERROR_RATE_RATE: "1%" }, "SLO_HTTP_ERROR_RATE_RATE=1%: allowed: a number from 0, or off"],
    ["http", { SLO_HTTP_ERROR_RATE_RATE: "-1" }, "SLO_HTTP_ERROR_RATE_RATE=-1: allowed: a number from 0, or off"],
    ["http", { SLO_HTTP_ERROR_RATE_RATE: "" }, "SLO_HTTP_ERROR_RATE_RATE=: allowed: a number from 0, or off"],
    [
      "nats",
      { RATE: "10", DURATION: "5s", EVENTS: "60" },
      "RATE=10, DURATION=5s, EVENTS=60: two of them decide the third; leave one out",
    ],
    [
      "nats",
      { RATE: "1e6", DURATION: "10m", TIME_SCALE: "2" },
      "RATE=1000000, DURATION=600s, TIME_SCALE=2: allowed: a load of up to 268435456 events, this one has 600000000",
    ],
    [
      "nats",
      { RATE: "max", BURST: "1" },
      "RATE=max, BURST=1: bursts come on top of a steady rate; leave one of them out",
    ],
  ])("by %s: %j", (target, environment, message) => {
    expect(refusal(target, environment)).toBe(message);
  });

  test.each<[RunnableTest, string, string]>([
    ["nats", "SCENRIO", "SCENARIO"],
    ["nats", "SCENARIOS", "SCENARIO"],
    ["nats", "THROUGHLINE_RTAE", "RATE"],
    ["nats", "THROUGHLINE_RATES", "RATE"],
    ["nats", "BURST_RATO", "BURST_RATIO"],
    ["http", "DURATOIN", "DURATION"],
    ["http", "HTTP_URI", "HTTP_URL"],
    ["websocket", "PING_EVRY", "PING_EVERY"],
    ["websocket", "THROUGHLINE_FILTER", "FILTERS"],
    ["http", "SLO_HTTP_ERROR_RATE_RAT", "SLO_HTTP_ERROR_RATE_RATE"],
  ])("by %s: %s, for it may be %s", (target, given, meant) => {
    expect(refusal(target, { [given]: "5" })).toBe(`${given}=5: unknown variable; did you mean ${meant}?`);
  });

  test("what has our prefix but no meaning", () => {
    const allowed = Object.keys(VARIABLES.http).join(", ");
    expect(refusal("http", { THROUGHLINE_COLOUR: "red" })).toBe(
      `THROUGHLINE_COLOUR=red: unknown variable of http; allowed: ${allowed}`,
    );
  });

  test("an objective that no test has", () => {
    const allowed = slos("http", { accounted: false, events: null }).map(sloVariable).join(", ");
    for (const name of ["SLO_NONSENSE", "THROUGHLINE_SLO_NONSENSE"]) {
      expect(refusal("http", { [name]: "1" })).toBe(`${name}=1: unknown variable of http; allowed: ${allowed}`);
    }
  });
});

describe("what other programs are told is not refused", () => {
  test.each<[RunnableTest, string]>([
    ["ingest", "MODE"],
    ["nats", "DATE"],
    ["nats", "EVENT"],
    ["nats", "WORKER"],
    ["redis", "ENDPOINT"],
    ["websocket", "SOCKET"],
    ["websocket", "VERSION"],
  ])("by %s: %s", (target, given) => {
    expect(() => settings(target, { [given]: "production" })).not.toThrow();
  });
});

describe("secrets", () => {
  test.each<[Environment, string]>([
    [{ NATS_TOKEN: "" }, "NATS_TOKEN=(hidden): allowed: any text that is not empty"],
    [{ NATS_PASSWORD: "" }, "NATS_PASSWORD=(hidden): allowed: any text that is not empty"],
    [{ NATS_TOKENS: "hunter2" }, "NATS_TOKENS=(hidden): unknown variable; did you mean NATS_TOKEN?"],
    [{ NATS_TOKN: "hunter2" }, "NATS_TOKN=(hidden): unknown variable; did you mean NATS_TOKEN?"],
    [{ NATS_PSSWORD: "hunter2" }, "NATS_PSSWORD=(hidden): unknown variable; did you mean NATS_PASSWORD?"],
    [
      { NATS_URL: "nat://user:hunter2@host" },
      "NATS_URL=nat://(hidden)@host: allowed: a URL that starts with nats:// or tls://",
    ],
    [{ NAT_PASSWORD: "hunter2" }, "NAT_PASSWORD=(hidden): unknown variable; did you mean NATS_PASSWORD?"],
  ])("%j are not in the message", (environment, message) => {
    expect(refusal("nats", environment)).toBe(message);
  });

  test("are in no message about anything else", () => {
    const secrets = { NATS_TOKEN: "hunter2", NATS_PASSWORD: "hunter3" };
    expect(refusal("nats", { ...secrets, THROUGHLINE_X: "1" })).not.toMatch(/hunter/);
    expect(settings("nats", secrets)).toMatchObject(secrets);
  });
});

test("whatever a variable holds, there are settings or one line that names it", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom("max", "1s", "1", "0", "a=1", "http://a", "smoke"),
  );
  for (const target of Object.keys(VARIABLES) as RunnableTest[]) {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(VARIABLES[target])), texts, (name, text) => {
        let message: unknown = null;
        try {
          settings(target, { [name]: text });
        } catch (refused) {
          message = refused;
        }
        if (message !== null) expect(message).toMatch(new RegExp(`^${name}=.*[:;] allowed: .+$`));
      }),
    );
  }
});
