import { SharedArray } from "k6/data";
import { b64encode } from "k6/encoding";
import exec from "k6/execution";
import http from "k6/http";
import {
  type Headers,
  isRefusedProof,
  Renewal,
  readHeaders,
  readTokenAnswer,
  readTokens,
  refusedProof,
} from "../../core/access.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import { type AccessSettings, givenOf } from "../../systems/access.ts";
import { readFile } from "./files.ts";

/** Requests for a token are told apart from the load by this name. */
const TAGS = { name: "token" };
const TOKEN_TIMEOUT = "10s";

/** The address of a token says who asks, and what is posted there is a secret: k6 must not log either. */
const UNLOGGED = { tags: TAGS, timeout: TOKEN_TIMEOUT, responseCallback: null, throw: true } as object;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How a test gets into its target: what its requests carry, and the token that is renewed while it runs. */
export class Access {
  readonly prefix: string;
  private readonly given: AccessSettings;
  private readonly fixed: Headers;
  private readonly tokens: readonly string[];
  private readonly renewal: Renewal | null;
  private renewing: Promise<void> | null = null;
  private complained = false;

  /**
   * To be made in the init context.
   *
   * @param prefix what the test's variables begin with, e.g. `WS`.
   * @throws a string of one line when what was given cannot be used.
   */
  constructor(settings: object, prefix: string) {
    this.prefix = prefix;
    const given = givenOf(settings, prefix);
    this.given = given;
    refuseUnfit(given, prefix);
    const fixed: Record<string, string> = { ...fileHeaders(given.HEADERS_FILE, prefix), ...given.HEADERS };
    if (given.COOKIES !== undefined) fixed["Cookie"] = given.COOKIES;
    if (given.BASIC !== undefined) fixed["Authorization"] = `Basic ${b64encode(given.BASIC)}`;
    if (given.TOKEN !== undefined) fixed["Authorization"] = `Bearer ${given.TOKEN}`;
    this.fixed = fixed;
    this.tokens = tokensOf(given.TOKENS, prefix);
    this.renewal = given.TOKEN_URL === undefined ? null : new Renewal(given.TOKEN_LASTS ?? null);
  }

  /** What k6 has to know of certificates; to be part of a test's options. */
  get options(): object {
    const { CERT: cert, KEY: key, INSECURE } = this.given;
    return {
      ...(cert === undefined || key === undefined
        ? {}
        : { tlsAuth: [{ cert: readFile(cert, `${this.prefix}_CERT`), key: readFile(key, `${this.prefix}_KEY`) }] }),
      ...(INSECURE === true ? { insecureSkipTLSVerify: true } : {}),
    };
  }

  /** Whether a refused token can be replaced by another. */
  get renews(): boolean {
    return this.renewal !== null;
  }

  /** When a connection with the token in use should have ended, in Unix ms; infinite where nobody knows. */
  get endsAt(): number {
    return this.renewal?.endsAt(Date.now()) ?? Number.POSITIVE_INFINITY;
  }

  /** What a request carries now. */
  headers(): Record<string, string> {
    const token = this.renewal?.token ?? this.ownToken();
    return token === null ? { ...this.fixed } : { ...this.fixed, Authorization: `Bearer ${token}` };
  }

  /** Whether the next request will have another token than the last. */
  get isDue(): boolean {
    return this.renewal?.isDue(Date.now()) === true;
  }

  /** Makes sure that there is a good token, before something is sent. Never rejects. */
  async ready(): Promise<void> {
    if (this.renewal?.isDue(Date.now()) !== true) return;
    this.renewing ??= this.renew().finally(() => {
      this.renewing = null;
    });
    await this.renewing;
  }

  /** The same where nothing can be waited for. */
  readyNow(): void {
    const { renewal } = this;
    if (renewal?.isDue(Date.now()) !== true) return;
    const askedAt = Date.now();
    const { TOKEN_URL: url = "", TOKEN_FORM: form } = this.given;
    try {
      this.enter(form === undefined ? http.get(url, UNLOGGED) : http.post(url, form, withForm()), askedAt);
    } catch (problem) {
      this.failed(String(problem));
    }
  }

  /** The target did not take us for whom we say we are. */
  refused(): void {
    const token = this.renewal?.token;
    if (token != null) this.renewal?.refused(token, Date.now());
  }

  /** Sends a request, and once more with a new token when the first was refused for its token. */
  async send<Sent extends Answer>(request: (headers: Record<string, string>) => Promise<Sent>): Promise<Sent> {
    await this.ready();
    const answer = await request(this.headers());
    if (answer.status !== 401 || this.renewal === null) return answer;
    this.refused();
    await this.ready();
    return request(this.headers());
  }

  /** The same where nothing can be waited for. */
  sendNow<Sent extends Answer>(request: (headers: Record<string, string>) => Sent): Sent {
    this.readyNow();
    const answer = request(this.headers());
    if (answer.status !== 401 || this.renewal === null) return answer;
    this.refused();
    this.readyNow();
    return request(this.headers());
  }

  /**
   * Ends the test (k6 exits 108) when an answer says that nobody lets us in; to be called before the load, which
   * would be sent into that answer.
   *
   * @param what was asked, e.g. `POST http://target/messages`.
   */
  requireProof(answer: { readonly status: number; readonly headers?: Headers }, what: string): void {
    if (!isRefusedProof(answer.status)) return;
    const challenge = answer.headers?.["Www-Authenticate"] ?? answer.headers?.["WWW-Authenticate"] ?? "";
    exec.test.abort(withoutCredentials(refusedProof(answer.status, what, this.prefix, challenge)));
  }

  private async renew(): Promise<void> {
    const { TOKEN_URL: url = "", TOKEN_FORM: form } = this.given;
    const askedAt = Date.now();
    const [method, body, params] =
      form === undefined ? (["GET", null, UNLOGGED] as const) : (["POST", form, withForm()] as const);
    try {
      this.enter(await http.asyncRequest(method, url, body, params), askedAt);
    } catch (problem) {
      this.failed(String(problem));
    }
  }

  private enter(answer: Answer, askedAt: number): void {
    const token = readTokenAnswer(answer.status, String(answer.body ?? ""));
    if (typeof token === "string") this.failed(token);
    else {
      this.renewal?.renewed(token, askedAt);
      this.complained = false;
    }
  }

  private failed(why: string): void {
    this.renewal?.failed(Date.now());
    if (!this.complained) {
      const { TOKEN_URL: url = "" } = this.given;
      console.warn(withoutCredentials(`${this.prefix}_TOKEN_URL=${url}: no token comes: ${why}`));
    }
    this.complained = true;
  }

  private ownToken(): string | null {
    if (this.tokens.length === 0) return null;
    return this.tokens[Math.max(0, exec.vu.idInTest - 1) % this.tokens.length] as string;
  }
}

function withForm(): object {
  return { ...UNLOGGED, headers: { "Content-Type": "application/x-www-form-urlencoded" } };
}

function refuseUnfit(given: AccessSettings, prefix: string): void {
  const proofs = (["BASIC", "TOKEN", "TOKENS", "TOKEN_URL"] as const).filter((name) => given[name] !== undefined);
  if (proofs.length > 1) {
    throw `${proofs.map((name) => `${prefix}_${name}`).join(", ")}: each sets the Authorization header; give one of them`;
  }
  if ((given.CERT === undefined) !== (given.KEY === undefined)) {
    throw `${prefix}_CERT and ${prefix}_KEY: a client certificate needs its key; give both`;
  }
  for (const name of ["TOKEN_FORM", "TOKEN_LASTS"] as const) {
    if (given[name] !== undefined && given.TOKEN_URL === undefined)
      throw `${prefix}_${name}: needs ${prefix}_TOKEN_URL`;
  }
  if (given.CA !== undefined && __ENV["SSL_CERT_FILE"] !== given.CA) {
    throw (
      `${prefix}_CA=${given.CA}: k6 takes authorities from its environment only: ` +
      `start it as SSL_CERT_FILE=${given.CA} k6 run ..., or by throughline run, which does so`
    );
  }
}

function fileHeaders(file: string | undefined, prefix: string): Headers {
  if (file === undefined) return {};
  const headers = readHeaders(readFile(file, `${prefix}_HEADERS_FILE`));
  if (headers === undefined)
    throw `${prefix}_HEADERS_FILE=${file}: allowed: "Name: value" on a line each, or a JSON object`;
  return headers;
}

/** One copy for all virtual users. */
function tokensOf(file: string | undefined, prefix: string): readonly string[] {
  if (file === undefined) return [];
  const tokens = new SharedArray(`${prefix} tokens`, () => [...readTokens(readFile(file, `${prefix}_TOKENS`))]);
  if (tokens.length === 0) throw `${prefix}_TOKENS=${file}: holds no token`;
  return tokens;
}
