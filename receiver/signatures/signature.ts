import { DEFAULT_HEADER, type RequestHeaders, SCHEMES, type SchemeName } from "./schemes.ts";

/** How webhooks are to be signed. */
export interface SignatureOptions {
  readonly secret: string;
  /** A bare hexadecimal HMAC unless told. */
  readonly scheme?: SchemeName | undefined;
  /** The header that carries it, where the scheme leaves that open. */
  readonly header?: string | undefined;
}

/** Looks at the signatures of webhooks. */
export class Signatures {
  private readonly options: SignatureOptions;
  private readonly scheme: ReturnType<(typeof SCHEMES)[SchemeName]>;

  constructor(options: SignatureOptions) {
    this.options = options;
    this.scheme = SCHEMES[options.scheme ?? "hex"](options.header?.toLowerCase() ?? DEFAULT_HEADER);
  }

  /**
   * Says what is wrong with the signature of a webhook; null when it is right.
   *
   * @param bodies as it came, and as it was unpacked: senders sign the one or the other.
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

/** What may be a signature by another scheme. */
function instead(wanted: readonly string[], headers: RequestHeaders): string {
  const there = Object.keys(headers).filter((name) => /signature|hmac/.test(name) && !wanted.includes(name));
  return there.length === 0
    ? "; no header is there that may be a signature"
    : `; ${there.map(titled).join(", ")} is there`;
}

/** A header's name as it is written in documents: X-Webhook-Signature. */
function titled(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
