import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runK6 } from "../../cli/k6.ts";
import { remedyOf, saysRemedy } from "../../cli/remedy.ts";
import { describeRefusedCredentials } from "../../core/refusedcredentials.ts";

describe("an error before the load", () => {
  test.each([
    [
      "HTTP_URL=http://a:1: the gateway gives no answer: dial tcp 127.0.0.1:1: connect: connection refused",
      /start what/,
    ],
    ["WS_URL=ws://a: no working gateway: connect: lookup a.example: no such host", /host of that address/],
    [describeRefusedCredentials(401, "GET http://a/health", "PULSE"), /login or the token/],
    [describeRefusedCredentials(403, "GET http://a/health", "PULSE"), /the right to do that/],
    ["NATS_URL=nats://a:4222: nats: Authorization Violation", /login or the token/],
    ["REDIS_URL: cannot reach Redis: NOAUTH Authentication required.", /login or the token/],
    ["REDIS_URL: XADD orders: NOPERM this user has no permissions", /the right to do that/],
    ['stream "s" on nats://a:4222: stream not found (JetStream error 10059)', /create that stream/],
    ["WS_URL=ws://a/x: no working gateway: connect: bad handshake, status 404: is the path of WS_URL right?", /path/],
    ["no canary could be sent: http://a/evnts is answered 404 no such route", /path of that address/],
    ["no canary could be sent: http://a/events is answered 422 no amount", /change what is sent/],
    ["SIGNALS_URL=http://a: webhook 1 does not accept a signal: status 503", /target's log/],
    ["dial wss://a: tls: first record does not look like a TLS handshake", /scheme/],
    ["POST https://a: x509: certificate signed by unknown authority", /certificate/],
    ["HEALTH_URL=http://a:9: no health monitor answers: status 404", /throughline health/],
    ["2 of 3 publishers joined run a within 30 s", /INSTANCES/],
  ])("%s has a remedy of its own", (error, step) => expect(remedyOf(error)).toMatch(step));

  test.each([
    "no canary arrived on any of 401 paths within 30 s",
    "no subscriber joined run a within 30 s",
    "path all: nobody answers its handshake within 10 s",
  ])("%s does not prove its cause", (error) => expect(remedyOf(error)).toBeNull());
});

test.each([
  describeRefusedCredentials(401, "GET http://a/health", "PULSE"),
  describeRefusedCredentials(403, "GET http://a/health", "PULSE", { said: "403 no quota" }),
  "http://a/evnts is answered 404 no such route: mend EVENTS_URL in own.pipeline.ts:7",
  "no subscription became live: open() said: no; mend open in orders.pipeline.ts:7",
  "a canary arrived on /hooks/b, and is due on /hooks/a: change where your system sends to",
])("%s says itself what to do", (error) => expect(saysRemedy(error)).toBe(true));

describe("an abort by k6", () => {
  const CHECK = "npx throughline doctor orders --set ORDERS_URL=http://a";
  test.each([
    ["connection refused", CHECK, "start what should listen at that address, or correct the address"],
    ["a canary came, and receive() refused it: wrong signature; look at SECRET: the sender must sign", CHECK, null],
    ["no canary arrived", CHECK, `find what is missing without a load: ${CHECK}`],
    ["no canary arrived", null, null],
  ])("by %s with the check %s", async (error, check, next) => {
    const root = await mkdtemp(join(tmpdir(), "throughline-remedy-"));
    try {
      await mkdir(join(root, "bin"));
      const line = `time=now level=error msg="test aborted: ${error}"`;
      await writeFile(join(root, "bin/k6"), `#!/bin/sh\necho '${line}'\nexit 108\n`);
      await chmod(join(root, "bin/k6"), 0o755);
      const { signal } = new AbortController();
      const { reasons } = await runK6(root, { test: "http", variables: {}, results: root, signal, check });
      expect(reasons).toEqual([expect.objectContaining({ text: `k6 ended with 108: test aborted: ${error}`, next })]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
