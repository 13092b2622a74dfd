import { DEFAULT_HEADER, type RequestHeaders, SCHEMES, type SchemeName } from "./schemes.ts";

/** How webhooks must be signed. */
export interface SignatureOptions {
  readonly secret: string;
  /** A bare hexadecimal HMAC by default. */
  readonly scheme?: SchemeName | undefined;
  /** The header with the signature, for schemes that leave it open. */
  readonly header?: string | undefined;
}

/** Verifies the signatures of webhooks. */
export class Signatures {
  private readonly options: SignatureOptions;
  private readonly scheme: ReturnType<(typeof SCHEMES)[SchemeName]>;

  constructor(options: SignatureOptions) {
    this.options = options;
    this.scheme = SCHEMES[options.scheme ?? "hex"](options.header?.toLowerCase() ?? DEFAULT_HEADER);
  }

  /**
   * What is wrong with a webhook's signature; null when it is right.
   *
   * @param bodies as received and as decompressed, because senders sign one or the other.
   * @param now Unix ms.
   */
  problemOf(bodies: readonly Buffer[], headers: RequestHeaders, now: number): string | null {
    const missing = this.scheme.headers.filter((name) => headers[name] === undefined);
    if (missing.length > 0) return `no ${missing.map(titled).join(" and no ")}${instead(this.scheme.headers, headers)}`;
    const problems = bodies.map((body) => this.scheme.check(body, headers, this.options.secret, now));
    const [problem] = problems;
    return problem === null || problem === undefined || problems.includes(null)
      ? null
      : `${titled(this.scheme.headers[0])} ${problem}`;
  }
}

/** Hints at another scheme, if its headers are there. */
function instead(wanted: readonly string[], headers: RequestHeaders): string {
  const there = Object.keys(headers).filter((name) => /signature|hmac/.test(name) && !wanted.includes(name));
  return there.length === 0
    ? "; no header is there that may be a signature"
    : `; ${there.map(titled).join(", ")} is there`;
}

/** A header's name in title case: X-Webhook-Signature. */
function titled(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
