import exec from "k6/execution";
import http from "k6/http";
import * as v from "valibot";
import { once } from "../../../core/once.ts";
import { safeMessageOf, withoutCredentials } from "../../../core/redaction.ts";
import type { Access } from "../../../k6/support/access.ts";
import type { Settings } from "../../../k6/support/settings.ts";

/** The address of a webhook, and its secret. */
export interface Webhook {
  readonly token: string;
  readonly secret: string;
  /** Its id at the target, if that differs from its token. */
  readonly id?: string | undefined;
}

type WebhookSettings = Settings<"webhook">;

// Setup asks for these, in one virtual user.
const session = once(() => v.object({ access_token: v.string() }));
const created = once(() =>
  v.pipe(
    v.looseObject({
      token: v.string(),
      secret_key: v.optional(v.string()),
      secret: v.optional(v.string()),
      id: v.optional(v.union([v.string(), v.pipe(v.number(), v.transform(String))])),
    }),
    v.transform(({ token, secret_key, secret, id }) => ({ token, secret: secret_key ?? secret ?? "", id })),
  ),
);

/** Whether the run creates webhooks instead of using a given one. */
export function createsWebhooks({ WEBHOOK_TOKEN: token, WEBHOOK_SECRET: secret }: WebhookSettings): boolean {
  return token === undefined || secret === undefined;
}

/**
 * Logs in and creates webhooks, or uses the given one. Aborts the test (k6 exits 108) on failure.
 *
 * @param run part of their names, so that their owner recognises them.
 */
export function openWebhooks(config: WebhookSettings, access: Access, count: number, run: string): Webhook[] {
  const { WEBHOOK_TOKEN: token, WEBHOOK_SECRET: secret } = config;
  if (token !== undefined && secret !== undefined) return [{ token, secret }];
  return orAbort(() => {
    const headers = loggedIn(config, access);
    return Array.from({ length: count }, (_, place) => {
      const name = JSON.stringify({ name: webhookName(run, place + 1), details: "load test" });
      return post(`${config.SIGNALS_URL}${config.CREATE_PATH}`, name, headers, created(), "create a webhook");
    });
  });
}

/** The name of a run's webhook. */
export function webhookName(run: string, number: number): string {
  return `throughline ${run} ${number}`;
}

/**
 * Deletes the created webhooks, if a setting says how; a target that refuses or has crashed keeps them.
 *
 * @returns how many remain.
 */
export function removeWebhooks(config: WebhookSettings, access: Access, webhooks: readonly Webhook[]): number {
  const { DELETE_PATH: path } = config;
  if (path === undefined) return webhooks.length;
  const session = loggedInOrNull(config, access);
  if (session === null) return webhooks.length;
  // Servers reject an empty body with JSON's content type.
  const { "Content-Type": _, ...headers } = session;
  return webhooks.filter(({ token, id }) => {
    const place = path.replace("{token}", encodeURIComponent(token)).replace("{id}", encodeURIComponent(id ?? token));
    const params = { headers, tags: { name: "delete a webhook" } };
    const { status } = http.del(`${config.SIGNALS_URL}${place}`, null, params);
    return status < 200 || status >= 300;
  }).length;
}

function loggedInOrNull(config: WebhookSettings, access: Access): Record<string, string> | null {
  try {
    return loggedIn(config, access);
  } catch (problem) {
    console.warn(safeMessageOf(problem));
    return null;
  }
}

/** Logs in. @returns the headers of the session. @throws an error of one line when the login fails. */
function loggedIn(config: WebhookSettings, access: Access): Record<string, string> {
  const { SIGNALS_USER: user, SIGNALS_PASSWORD: password } = config;
  if (user === undefined || password === undefined) {
    throw new Error("WEBHOOK_TOKEN and WEBHOOK_SECRET, or SIGNALS_USER and SIGNALS_PASSWORD: neither pair is given");
  }
  const credentials = { [config.LOGIN_FIELD]: user, password };
  const login = config.LOGIN_AS === "form" ? credentials : JSON.stringify(credentials);
  const type = config.LOGIN_AS === "form" ? "application/x-www-form-urlencoded" : "application/json";
  access.readyNow();
  if (access.problem !== null) throw new Error(access.problem);
  const own = access.headers();
  const url = `${config.SIGNALS_URL}${config.LOGIN_PATH}`;
  const { access_token } = post(url, login, { ...own, "Content-Type": type }, session(), "log in");
  return { ...own, "Content-Type": "application/json", Authorization: `Bearer ${access_token}` };
}

function post<S extends v.GenericSchema>(
  url: string,
  body: string | Record<string, string>,
  headers: Record<string, string>,
  schema: S,
  what: string,
): v.InferOutput<S> {
  const answer = http.post(url, body, { headers, tags: { name: what } });
  const parsed = v.safeParse(schema, answer.status < 300 && answer.status > 0 ? answer.json() : null);
  if (parsed.success) return parsed.output;
  // The response may repeat the password, so only the names of fields are shown.
  const why = answer.status === 0 ? answer.error : `status ${answer.status}`;
  const field = answer.status >= 200 && answer.status < 300 ? `, ${v.getDotPath(parsed.issues[0]) ?? "body"}` : "";
  throw new Error(withoutCredentials(`cannot ${what} at ${url}: ${why}${field}`));
}

/** Before the load: without webhooks there is nothing to test (k6 exits 108). */
function orAbort<T>(work: () => T): T {
  try {
    return work();
  } catch (problem) {
    exec.test.abort(safeMessageOf(problem));
    throw problem;
  }
}
