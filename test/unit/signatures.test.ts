/** Signatures of webhooks, made by the libraries that real senders use. */
import { createHmac } from "node:crypto";
import { Webhooks } from "@octokit/webhooks";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import type { RequestHeaders, SchemeName } from "../../receiver/signatures/schemes.ts";
import { SCHEME_NAMES, TOLERANCE_SECONDS } from "../../receiver/signatures/schemes.ts";
import { Signatures } from "../../receiver/signatures/signature.ts";

const SECRET = "hunter2-of-nobody";
const STANDARD_SECRET = `whsec_${Buffer.from("32 bytes that nobody else knows.").toString("base64")}`;
const BODY = '{"transaction_hash":"0xaé","data":"0x"}';
const NOW = Date.now();

const mac = (text: string, encoding: "hex" | "base64", secret = SECRET) =>
  createHmac("sha256", secret).update(text).digest(encoding);

/** What a sender sends with a body, by the name of its way. */
type Signer = (body: string, at?: number, secret?: string) => RequestHeaders | Promise<RequestHeaders>;

const stripe = new Stripe("sk_test_nobody");
const SIGNERS: Readonly<Record<SchemeName, Signer>> = {
  hex: (body, _, secret) => ({ "x-webhook-signature": mac(body, "hex", secret) }),
  sha256: (body, _, secret) => ({ "x-webhook-signature": `sha256=${mac(body, "hex", secret)}` }),
  base64: (body, _, secret) => ({ "x-webhook-signature": mac(body, "base64", secret) }),
  github: async (body, _, secret = SECRET) => ({ "x-hub-signature-256": await new Webhooks({ secret }).sign(body) }),
  standard: (body, at = NOW, secret = SECRET) => ({
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at / 1000)),
    "webhook-signature": new Webhook(secret, { format: "raw" }).sign("msg_1", new Date(at), body),
  }),
  stripe: (payload, at = NOW, secret = SECRET) => ({
    "stripe-signature": stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: Math.floor(at / 1000) }),
  }),
};

const problemOf = (scheme: SchemeName, headers: RequestHeaders, body = BODY, secret = SECRET) =>
  new Signatures({ scheme, secret }).problemOf([Buffer.from(body)], headers, NOW);

describe.each(SCHEME_NAMES)("%s", (scheme) => {
  test("is taken as its senders write it", async () => {
    expect(problemOf(scheme, await SIGNERS[scheme](BODY))).toBeNull();
  });

  test("is refused for another body, another secret, and cut short", async () => {
    const headers = await SIGNERS[scheme](BODY);
    const [name] = Object.keys(headers).filter((one) => one.includes("signature")) as [string];
    expect(problemOf(scheme, headers, `${BODY} `)).toContain("does not fit the body");
    expect(problemOf(scheme, await SIGNERS[scheme](BODY, NOW, "another"))).toContain("does not fit the body");
    for (const wrong of [
      "",
      "=",
      headers[name]?.slice(0, -1),
      `${headers[name]}0`,
      headers[name]?.replace(/[=,]/g, ""),
    ]) {
      if (wrong !== headers[name]) expect(problemOf(scheme, { ...headers, [name]: wrong }), wrong).not.toBeNull();
    }
  });

  test("is missing: what is there instead is named", async () => {
    const other = scheme === "github" ? "stripe" : "github";
    expect(problemOf(scheme, {})).toMatch(/^no [A-Z].*; no header is there that may be a signature$/);
    const said = problemOf(scheme, await SIGNERS[other](BODY));
    expect(said).toContain(other === "github" ? "X-Hub-Signature-256 is there" : "Stripe-Signature is there");
  });
});

test.each(
  SCHEME_NAMES.flatMap((one) => SCHEME_NAMES.filter((other) => other !== one).map((other) => [one, other] as const)),
)("what is signed by %s does not pass for %s", async (one, other) => {
  expect(problemOf(other, await SIGNERS[one](BODY))).not.toBeNull();
});

describe.each(["standard", "stripe"] as const)("%s", (scheme) => {
  test.each([
    [-TOLERANCE_SECONDS + 5, true],
    [TOLERANCE_SECONDS - 5, true],
    [-TOLERANCE_SECONDS - 5, false],
    [TOLERANCE_SECONDS + 5, false],
  ])("a signature of %i s from now is taken: %j", async (seconds, taken) => {
    const problem = problemOf(scheme, await SIGNERS[scheme](BODY, NOW + seconds * 1000));
    if (taken) expect(problem).toBeNull();
    else expect(problem).toMatch(/old|timestamp/i);
  });

  test("several signatures, one of which fits, are taken while a secret changes", async () => {
    const old = await SIGNERS[scheme](BODY, NOW, "old");
    const now = await SIGNERS[scheme](BODY);
    const name = scheme === "stripe" ? "stripe-signature" : "webhook-signature";
    const both = scheme === "stripe" ? `${old[name]},${now[name]?.split(",")[1]}` : `v1a,abc ${old[name]} ${now[name]}`;
    expect(problemOf(scheme, { ...now, [name]: both })).toBeNull();
  });
});

test("a secret of Standard Webhooks may be base64 behind whsec_", () => {
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(NOW / 1000)),
    "webhook-signature": new Webhook(STANDARD_SECRET).sign("msg_1", new Date(NOW), BODY),
  };
  expect(problemOf("standard", headers, BODY, STANDARD_SECRET)).toBeNull();
});

test("a header of one's own carries what the first schemes write", () => {
  const signatures = new Signatures({ scheme: "base64", secret: SECRET, header: "X-Shop-Hmac-Sha256" });
  const headers = { "x-shop-hmac-sha256": mac(BODY, "base64") };
  expect(signatures.problemOf([Buffer.from(BODY)], headers, NOW)).toBeNull();
  expect(signatures.problemOf([Buffer.from(BODY)], {}, NOW)).toContain("no X-Shop-Hmac-Sha256");
});

test("the body is signed as it came, or as it was unpacked", () => {
  const signatures = new Signatures({ secret: SECRET });
  const headers = { "x-webhook-signature": mac(BODY, "hex") };
  const bodies = [Buffer.from("packed"), Buffer.from(BODY)];
  expect(signatures.problemOf(bodies, headers, NOW)).toBeNull();
  expect(signatures.problemOf([...bodies].reverse(), headers, NOW)).toBeNull();
  expect(signatures.problemOf([Buffer.from("packed")], headers, NOW)).not.toBeNull();
});
