import { expect, test } from "vitest";
import { runBundle } from "./k6.ts";

/** A script that refuses to start: k6's code for an exception in the init context. */
const REFUSED = 107;
/** A test that was given up in setup, before any load. */
const ABORTED = 108;

test.each([
  ["http", "SCENARIO", "strss", "SCENARIO=strss: allowed: smoke, load, stress, spike, soak, breakpoint"],
  ["http", "VUS", "ten", "VUS=ten: allowed: a whole number from 1 to 100000"],
  ["nats", "RATE", "fast", 'RATE=fast: allowed: a number of events per second above 0, or "max"'],
  ["nats", "DURATION", "5 minutes", "DURATION=5 minutes: allowed: a duration above zero such as 30s"],
  ["nats", "CHAINS", "ethereum,dogecoin", "CHAINS=ethereum,dogecoin: dogecoin has no number; allowed: solana,ethereum"],
  ["websocket", "WS_URL", "http://gateway", "WS_URL=http://gateway: allowed: a URL that starts with ws:// or wss://"],
  ["websocket", "SCENRIO", "load", "SCENRIO=load: unknown variable; did you mean SCENARIO?"],
  [
    "websocket",
    "THROUGHLINE_SOKETS_MAX",
    "5",
    "THROUGHLINE_SOKETS_MAX=5: unknown variable of websocket; allowed: SCENARIO",
  ],
  ["webhook", "TRIALS", "limits", "TRIALS=limits: allowed: names out of hft, identical, race, expiry, limit"],
  ["webhook", "RATE", "max", "RATE=max: signals are sent within limits"],
  ["webhook", "INSTANCES", "4", "INSTANCES=4: signals come from one k6 process; allowed: 1"],
  ["webhook", "WEBHOOKS", "0", "WEBHOOKS=0: allowed: a whole number from 1 to 1000"],
  [
    "webhook",
    "SIGNALS_PASWORD",
    "hunter2",
    "SIGNALS_PASWORD=(hidden): unknown variable; did you mean SIGNALS_PASSWORD?",
  ],
  ["webhook", "RECEIVER_URL", "http://localhost:4800", "give both or none"],
  ["ingest", "MODEL", "close", "MODEL=close: allowed: open, closed"],
  ["http", "SUMMARY", "/nowhere/record.json", "SUMMARY=/nowhere/record.json: there is no folder /nowhere"],
  ["websocket", "SUMMARY", "/tmp", "SUMMARY=/tmp: is a folder"],
  ["nats", "SLO_LATENCY", "5", "SLO_LATENCY=5: unknown variable of nats; allowed: SLO_HOST_SHORTAGES_COUNT"],
])("%s refuses %s=%s in one line and before any load", async (name, variable, value, line) => {
  const { exitCode, errors } = await runBundle(name, { [variable]: value });
  expect(exitCode).toBe(REFUSED);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(line);
  expect(errors[0]).not.toContain("\n");
});

test("a wrong secret is not repeated", async () => {
  const { exitCode, errors } = await runBundle("nats", { NATS_PASSWORD: "" });
  expect(exitCode).toBe(REFUSED);
  expect(errors[0]).toContain("NATS_PASSWORD=(hidden)");
});

test.each([
  ["http", "HTTP_URL", "http", "the gateway gives no answer"],
  ["websocket", "WS_URL", "ws", "no working gateway"],
  ["nats", "NATS_URL", "nats", "connect"],
  ["ingest", "INGEST_URL", "http", "no ingestor answers"],
])("%s gives up before any load when nothing listens on %s", async (name, variable, scheme, reason) => {
  const url = `${scheme}://127.0.0.1:1`;
  const { exitCode, errors, stdout } = await runBundle(name, { [variable]: url });
  expect(exitCode).toBe(ABORTED);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(url);
  expect(errors[0]).toContain(reason);
  expect(stdout).toContain("INVALID");
});
