/** Access to the target for the functions of a user's pipeline that run in the receiver. */
import type { Dispatcher } from "undici";
import { type FetchedAnswer, type NodeAccess, OWN_PREFIX, type TlsOptions } from "../core/ownaccess.ts";
import { PREFIX, secretNames, secretsOf } from "../core/ownvariables.ts";
import type { AnyPipeline } from "../core/pipeline.ts";
import { hide, hideRenewed, withoutCredentials } from "../core/redaction.ts";
import { describeRefusedCredentials, refusesCredentials } from "../core/refusedcredentials.ts";
import { Renewal } from "../core/renewal.ts";
import { readTokenAnswer } from "../core/token.ts";
import { type AccessSettings, givenOf, OWN_WAYS_IN, secretsShown } from "../systems/access.ts";
import { type Credentials, readCredentials } from "./credentials.ts";
import { LastAnswer } from "./lastanswer.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type RequestOptions = NonNullable<Parameters<NodeAccess["fetch"]>[1]>;

/** As in k6. */
const TOKEN_TIMEOUT_MS = 10_000;

const decoded = (base64url: string) => Buffer.from(base64url, "base64url").toString();

/** Access by the variables TARGET_*, for one run of a pipeline. */
export class FarEndAccess implements NodeAccess {
  readonly lastAnswer = new LastAnswer();
  private readonly given: AccessSettings;
  private readonly credentials: Credentials;
  private readonly secretNames: readonly string[];
  private readonly renewal: Renewal | null;
  private renewing: Promise<void> | null = null;
  private complaint: string | null = null;
  private refusal: string | null = null;
  private dispatcher: Dispatcher | null = null;

  /** @throws an error in one line that names the invalid variable. */
  constructor({ variables = {} }: Pick<AnyPipeline, "variables">, environment: Environment) {
    this.given = readGiven(variables, environment);
    this.credentials = readCredentials(this.given, OWN_PREFIX);
    this.renewal = this.given.TOKEN_URL === undefined ? null : new Renewal(this.given.TOKEN_LASTS ?? null, decoded);
    this.secretNames = secretNames({ variables });
    hide(...secretsOf({ variables }, environment), ...secretsShown(this.given, this.credentials.headers));
  }

  get tls(): TlsOptions {
    return this.credentials.tls;
  }

  /** Why the target refused our credentials in its last answer; null where it did not, or {@link send} was not used. */
  get problem(): string | null {
    return this.refusal === null ? null : (this.complaint ?? this.refusal);
  }

  headers(): Record<string, string> {
    const token = this.renewal?.token ?? null;
    return { ...this.credentials.headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) };
  }

  /** Makes sure that there is a valid token before something is sent. Never rejects. */
  async ready(): Promise<void> {
    if (this.renewal?.isDue(Date.now()) !== true) return;
    this.renewing ??= this.renew(this.renewal).finally(() => {
      this.renewing = null;
    });
    await this.renewing;
  }

  async send<Answer extends { readonly status: number }>(
    request: (headers: Record<string, string>) => Promise<Answer>,
  ): Promise<Answer> {
    await this.ready();
    let answer = await request(this.headers());
    if (answer.status === 401 && this.renewal !== null) {
      this.renewal.refused(this.renewal.token ?? "", Date.now());
      await this.ready();
      answer = await request(this.headers());
    }
    this.refusal = refusesCredentials(answer.status)
      ? describeRefusedCredentials(answer.status, "a question to the far end", OWN_PREFIX, { others: this.secretNames })
      : null;
    return answer;
  }

  fetch(url: string, init: RequestOptions = {}): Promise<FetchedAnswer> {
    return this.send(async (headers) =>
      this.lastAnswer.note(await this.request(url, { ...init, headers: { ...headers, ...init.headers } })),
    );
  }

  private async request(url: string, init: RequestOptions & { readonly signal?: AbortSignal }): Promise<FetchedAnswer> {
    if (Object.keys(this.tls).length === 0) return fetch(url, init);
    // Node's own fetch supports no client certificates.
    const { Agent, fetch: fetchWith } = (await import("undici")).default;
    this.dispatcher ??= new Agent({ connect: { ...this.tls } });
    return fetchWith(url, { ...init, dispatcher: this.dispatcher });
  }

  private async renew(renewal: Renewal): Promise<void> {
    const { TOKEN_URL: url = "", TOKEN_FORM: form } = this.given;
    const askedAt = Date.now();
    const signal = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    try {
      const answer = await this.request(url, {
        ...{ signal, ...(form === undefined ? {} : { method: "POST", headers, body: form }) },
      });
      const token = readTokenAnswer(answer.status, await answer.text());
      if (typeof token === "string") throw new Error(token);
      renewal.renewed(token, askedAt);
      hideRenewed(token.token);
      this.complaint = null;
    } catch (problem) {
      renewal.failed(Date.now());
      const why = problem instanceof Error ? causeOf(problem) : String(problem);
      this.complaint = withoutCredentials(`${OWN_PREFIX}_TOKEN_URL=${url}: no token comes: ${why}`);
    }
  }
}

/** `fetch` only says that it failed; its cause says why. */
function causeOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}

/** Names that the file declares belong to the file. */
function readGiven(variables: object, environment: Environment): AccessSettings {
  const read: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(OWN_WAYS_IN)) {
    const text = environment[PREFIX + name] ?? environment[name] ?? variable.fallback;
    if (text === null || name in variables) continue;
    const value = variable.parse(text);
    if (value === undefined)
      throw new Error(`${name}=${variable.credential ? "(hidden)" : text}: allowed: ${variable.allowed}`);
    read[name] = value;
  }
  const given = givenOf(read, OWN_PREFIX);
  if (given.TOKEN_COMMAND === undefined) return given;
  throw new Error(
    `${OWN_PREFIX}_TOKEN_COMMAND: a receiver runs no commands: start it by throughline run, or give ${OWN_PREFIX}_TOKEN_URL`,
  );
}
