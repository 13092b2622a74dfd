import exec from "k6/execution";
import http from "k6/http";
import * as v from "valibot";
import { withoutCredentials } from "../../../core/redaction.ts";
import type { Access } from "../../../k6/support/access.ts";
import type { Settings } from "../../../k6/support/settings.ts";

/** Where signals are sent, and the secret that lets them in. */
export interface Webhook {
  readonly token: string;
  readonly secret: string;
}

type WebhookSettings = Settings<"webhook">;

const Session = v.object({ access_token: v.string() });
const Created = v.pipe(
  v.looseObject({ token: v.string(), secret_key: v.optional(v.string()), secret: v.optional(v.string()) }),
  v.transform(({ token, secret_key, secret }) => ({ token, secret: secret_key ?? secret ?? "" })),
);

/** Logs in and creates webhooks, or takes the one that is given. Ends the test (k6 exits 108) when it cannot. */
export function openWebhooks(config: WebhookSettings, access: Access, count: number): Webhook[] {
  const { WEBHOOK_TOKEN: token, WEBHOOK_SECRET: secret, SIGNALS_URL: server } = config;
  if (token !== undefined && secret !== undefined) return [{ token, secret }];
  const { SIGNALS_USER: user, SIGNALS_PASSWORD: password } = config;
  if (user === undefined || password === undefined) {
    exec.test.abort("WEBHOOK_TOKEN and WEBHOOK_SECRET, or SIGNALS_USER and SIGNALS_PASSWORD: neither pair is given");
    return [];
  }
  const credentials = { [config.LOGIN_FIELD]: user, password };
  const login = config.LOGIN_AS === "form" ? credentials : JSON.stringify(credentials);
  const type = config.LOGIN_AS === "form" ? "application/x-www-form-urlencoded" : "application/json";
  access.readyNow();
  const own = access.headers();
  const session = post(`${server}${config.LOGIN_PATH}`, login, { ...own, "Content-Type": type }, Session, "log in");
  const headers = { ...own, "Content-Type": "application/json", Authorization: `Bearer ${session.access_token}` };
  return Array.from({ length: count }, (_, place) => {
    const name = JSON.stringify({ name: `throughline ${place + 1}`, details: "load test" });
    return post(`${server}${config.CREATE_PATH}`, name, headers, Created, "create a webhook");
  });
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
  // What the target says may repeat what it was sent: only the names of fields are told.
  const why = answer.status === 0 ? answer.error : `status ${answer.status}`;
  const field = answer.status >= 200 && answer.status < 300 ? `, ${v.getDotPath(parsed.issues[0]) ?? "body"}` : "";
  exec.test.abort(withoutCredentials(`cannot ${what} at ${url}: ${why}${field}`));
  throw new Error(what);
}
