/** Signature schemes of webhooks, by name. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

/** A request's headers, by lower-case name. */
export type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** One scheme. */
export interface Scheme {
  /** Required headers in lower case; the first one contains the signature. */
  readonly headers: readonly [string, ...string[]];
  /**
   * Verifies a signature in constant time.
   *
   * @param now Unix ms.
   * @returns what is wrong with the signature; null when it is right.
   */
  check(body: Buffer, headers: RequestHeaders, secret: string, now: number): string | null;
}

/** Limits replay of recorded requests. */
export const TOLERANCE_SECONDS = 300;

const UNFIT = "does not fit the body";

function mac(secret: string, ...parts: (string | Buffer)[]): Buffer {
  const hmac = createHmac("sha256", secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Whether an encoded signature equals a MAC. */
function isEqual(signature: string, right: Buffer, encoding: "hex" | "base64"): boolean {
  // Buffer.from() would ignore everything from the first invalid character on.
  const form = encoding === "hex" ? /^[0-9a-f]{64}$/i : /^[A-Za-z0-9+/]{43}=$/;
  return form.test(signature) && timingSafeEqual(Buffer.from(signature, encoding), right);
}

/** A MAC of the body alone. @param prefix before its encoded text. */
function plain(header: string, encoding: "hex" | "base64", prefix = ""): Scheme {
  return {
    headers: [header],
    check(body, headers, secret) {
      const given = headers[header] ?? "";
      if (!given.startsWith(prefix)) return `does not begin with ${prefix}`;
      return isEqual(given.slice(prefix.length), mac(secret, body), encoding) ? null : UNFIT;
    },
  };
}

/** Standard Webhooks, as used by Svix and others: https://www.standardwebhooks.com */
const standard: Scheme = {
  headers: ["webhook-signature", "webhook-id", "webhook-timestamp"],
  check(body, headers, secret) {
    // By the specification a secret is base64 after whsec_; any other text is used as it is.
    const webhook = secret.startsWith("whsec_") ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
    try {
      webhook.verify(body, { ...headers } as Record<string, string>, { jsonParse: false });
      return null;
    } catch (problem) {
      if (!(problem instanceof WebhookVerificationError)) throw problem;
      return /timestamp/i.test(problem.message) ? `webhook-timestamp: ${problem.message}` : UNFIT;
    }
  },
};

/** Stripe: `t=1700000000,v1=<hex>` signs time, dot and body; several v1 while a secret is rotated. */
const stripe: Scheme = {
  headers: ["stripe-signature"],
  check(body, headers, secret, now) {
    const parts = (headers["stripe-signature"] ?? "").split(",").map((part) => part.trim().split("="));
    const time = parts.find(([name]) => name === "t")?.[1] ?? "";
    const signatures = parts.flatMap(([name, value]) => (name === "v1" && value !== undefined ? [value] : []));
    if (!/^\d{1,12}$/.test(time) || signatures.length === 0) return "is not written as t=...,v1=...";
    const right = mac(secret, `${time}.`, body);
    // Checks all, so that the time does not show which one matches.
    const fits = signatures.map((signature) => isEqual(signature, right, "hex")).includes(true);
    if (!fits) return UNFIT;
    const age = Math.round(now / 1000 - Number(time));
    return Math.abs(age) <= TOLERANCE_SECONDS ? null : `is ${age} s old, ${TOLERANCE_SECONDS} s are allowed`;
  },
};

/** The header of schemes that only define the encoding. */
export const DEFAULT_HEADER = "x-webhook-signature";

/** All schemes; the first three accept a custom header. */
export const SCHEMES = {
  hex: (header: string) => plain(header, "hex"),
  sha256: (header: string) => plain(header, "hex", "sha256="),
  base64: (header: string) => plain(header, "base64"),
  github: () => plain("x-hub-signature-256", "hex", "sha256="),
  standard: () => standard,
  stripe: () => stripe,
} as const satisfies Readonly<Record<string, (header: string) => Scheme>>;

export type SchemeName = keyof typeof SCHEMES;
export const SCHEME_NAMES = Object.keys(SCHEMES) as SchemeName[];
