import * as v from "valibot";
import type { Check } from "../../../cli/doctor/check.ts";
import { credentialsOf } from "../../../cli/doctor/credentials.ts";
import { ask } from "../../../cli/doctor/request.ts";
import { refusesCredentials } from "../../../core/refusedcredentials.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import type { Credentials } from "../../../receiver/credentials.ts";

const Session = v.object({ access_token: v.string() });

/** Whether our credentials are accepted: at the given webhook, or at the login that creates webhooks. */
export async function signalsCheck(settings: Settings<"webhook">): Promise<Check> {
  const { WEBHOOK_TOKEN: token, WEBHOOK_SECRET: secret } = settings;
  const credentials = await credentialsOf(settings, "SIGNALS");
  return token !== undefined && secret !== undefined
    ? triggerCheck(settings, credentials, token, secret)
    : loginCheck(settings, credentials);
}

/** Sends a signal without an action, which the webhook must reject: nothing is executed. */
async function triggerCheck(
  { SIGNALS_URL, TRIGGER_PATH }: Settings<"webhook">,
  credentials: Credentials,
  token: string,
  secret: string,
): Promise<Check> {
  const what = "signals webhook";
  const url = `${SIGNALS_URL}${TRIGGER_PATH}/${encodeURIComponent(token)}?secret=${encodeURIComponent(secret)}`;
  const answer = await ask(url, credentials, { method: "POST", body: "{}" });
  const found = `POST ${TRIGGER_PATH}/(token) {}: ${typeof answer === "string" ? answer : `status ${answer.status}`}`;
  const status = typeof answer === "string" ? 0 : answer.status;
  if ([400, 422, 429].includes(status))
    return { what, found: `POST ${TRIGGER_PATH}/(token) accepts the secret`, ok: true };
  const remedy = refusesCredentials(status)
    ? "WEBHOOK_SECRET is not that of WEBHOOK_TOKEN"
    : status === 404
      ? "WEBHOOK_TOKEN is not known there, or TRIGGER_PATH is another"
      : "look at the server's log: it must refuse a signal without an action with 422";
  return { what, found, ok: false, remedy };
}

/** Logs in as a run does before it creates webhooks, but creates none. */
async function loginCheck(settings: Settings<"webhook">, credentials: Credentials): Promise<Check> {
  const what = "signals login";
  const { SIGNALS_URL, SIGNALS_USER: user, SIGNALS_PASSWORD: password, LOGIN_PATH, LOGIN_AS, LOGIN_FIELD } = settings;
  if (user === undefined || password === undefined) {
    const remedy = "set THROUGHLINE_SIGNALS_USER and THROUGHLINE_SIGNALS_PASSWORD, or WEBHOOK_TOKEN and WEBHOOK_SECRET";
    return { what, found: "nobody to log in as", ok: false, remedy };
  }
  const login = { [LOGIN_FIELD]: user, password };
  const question =
    LOGIN_AS === "form"
      ? { body: new URLSearchParams(login).toString(), contentType: "application/x-www-form-urlencoded" }
      : { body: JSON.stringify(login) };
  const answer = await ask(`${SIGNALS_URL}${LOGIN_PATH}`, credentials, { method: "POST", ...question });
  if (typeof answer === "string") {
    return { what, found: `POST ${LOGIN_PATH}: ${answer}`, ok: false, remedy: "look at the server's log" };
  }
  const { status, body } = answer;
  const succeeded = status >= 200 && status < 300;
  if (succeeded && holdsToken(body)) return { what, found: `POST ${LOGIN_PATH} gives a token`, ok: true };
  const remedy = refusesCredentials(status)
    ? "user or password is wrong"
    : "LOGIN_PATH, LOGIN_AS=form or json and LOGIN_FIELD say how to log in";
  const found = `POST ${LOGIN_PATH}: status ${status}${succeeded ? " without access_token" : ""}`;
  return { what, found, ok: false, remedy };
}

function holdsToken(body: string): boolean {
  try {
    return v.is(Session, JSON.parse(body));
  } catch {
    return false;
  }
}
