import { SharedArray } from "k6/data";
import encoding from "k6/encoding";
import exec from "k6/execution";
import http from "k6/http";
import type { Headers } from "../../core/headers.ts";
import { hideRenewed, withoutCredentials } from "../../core/redaction.ts";
import { describeRefusedCredentials, refusesCredentials } from "../../core/refusedcredentials.ts";
import { Renewal } from "../../core/renewal.ts";
import { readTokenAnswer, readTokens } from "../../core/token.ts";
import type { Entrance } from "./entrance.ts";
import { readFile } from "./files.ts";
import { handed } from "./handed.ts";
import { lead } from "./lead.ts";

/** Requests for a token are told apart from the load by this name. */
const TAGS = { name: "token" };
const TOKEN_TIMEOUT = "10s";

/** k6 must log neither a token's address nor its form: both hold secrets. */
const UNLOGGED = { tags: TAGS, timeout: TOKEN_TIMEOUT, redirects: 10, responseCallback: null, throw: true } as object;

const decoded = (base64url: string) => encoding.b64decode(base64url, "rawurl", "s");

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How a test gets into its target: what its requests carry, and the token that is renewed while it runs. */
export class Access {
  readonly prefix: string;
  /** What k6 has to know of certificates; to be part of a test's options. */
  readonly options: object;
  /** Credentials whose names do not begin with the prefix. */
  protected get others(): readonly string[] {
    return [];
  }
  private readonly given: Entrance;
  private readonly tokens: readonly string[];
  private readonly renewal: Renewal | null;
  private renewing: Promise<void> | null = null;
  /** Why no token came when it was asked for last; null when one came. */
  private complaint: string | null = null;

  /**
   * To be made in the init context.
   *
   * @param prefix what the test's variables begin with, e.g. `WS`.
   * @throws a string of one line when what was given cannot be used.
   */
  constructor(settings: object, prefix: string) {
    this.prefix = prefix;
    const make = () => lead?.entranceOf(settings, prefix) as Entrance;
    const given = handed(`way in of ${prefix}`, make, (made) => ({ ...made, options: {} }));
    this.given = given;
    this.options = given.options;
    this.tokens = tokensOf(given.TOKENS, prefix);
    this.renewal = given.TOKEN_URL === undefined ? null : new Renewal(given.TOKEN_LASTS ?? null, decoded);
  }

  /** Whether a refused token can be replaced by another. */
  get renews(): boolean {
    return this.renewal !== null;
  }

  /** Why there is no token although one was asked for, in one line; null where there is one, or none is asked for. */
  get problem(): string | null {
    return this.complaint;
  }

  /** When a connection with the token in use should have ended, in Unix ms; infinite where nobody knows. */
  get endsAt(): number {
    return this.renewal?.endsAt(Date.now()) ?? Number.POSITIVE_INFINITY;
  }

  /** What a request carries now. */
  headers(): Record<string, string> {
    const token = this.renewal?.token ?? this.ownToken();
    const { headers } = this.given;
    return token === null ? { ...headers } : { ...headers, Authorization: `Bearer ${token}` };
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
  async send<Sent extends Pick<Answer, "status">>(
    request: (headers: Record<string, string>) => Promise<Sent>,
  ): Promise<Sent> {
    await this.ready();
    const answer = await request(this.headers());
    if (answer.status !== 401 || this.renewal === null) return answer;
    this.refused();
    await this.ready();
    return request(this.headers());
  }

  /** The same where nothing can be waited for. */
  sendNow<Sent extends Pick<Answer, "status">>(request: (headers: Record<string, string>) => Sent): Sent {
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
  requireAdmission(
    answer: { readonly status: number; readonly headers?: Headers; readonly said?: string },
    what: string,
  ): void {
    if (!refusesCredentials(answer.status)) return;
    if (this.complaint !== null) exec.test.abort(this.complaint);
    const challenge = answer.headers?.["Www-Authenticate"] ?? answer.headers?.["WWW-Authenticate"] ?? "";
    exec.test.abort(
      withoutCredentials(
        describeRefusedCredentials(answer.status, what, this.prefix, {
          challenge,
          others: this.others,
          said: answer.said ?? "",
        }),
      ),
    );
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
      hideRenewed(token.token);
      this.complaint = null;
    }
  }

  private failed(why: string): void {
    this.renewal?.failed(Date.now());
    const isNew = this.complaint === null;
    this.complaint = withoutCredentials(`${this.prefix}_TOKEN_URL=${this.given.TOKEN_URL}: no token comes: ${why}`);
    // Before the load it ends the test, see requireAdmission(): one cause is one line.
    if (isNew && exec.vu.idInTest > 0) console.warn(this.complaint);
  }

  private ownToken(): string | null {
    if (this.tokens.length === 0) return null;
    const token = this.tokens[Math.max(0, exec.vu.idInTest - 1) % this.tokens.length] as string;
    hideRenewed(token);
    return token;
  }
}

function withForm(): object {
  return { ...UNLOGGED, headers: { "Content-Type": "application/x-www-form-urlencoded" } };
}

/** One copy for all virtual users. */
function tokensOf(file: string | undefined, prefix: string): readonly string[] {
  if (file === undefined) return [];
  const tokens = new SharedArray(`${prefix} tokens`, () => [...readTokens(readFile(file, `${prefix}_TOKENS`))]);
  if (tokens.length === 0) throw `${prefix}_TOKENS=${file}: holds no token`;
  return tokens;
}
