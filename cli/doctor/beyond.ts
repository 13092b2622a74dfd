/** What an address that answers does not say yet: whether it lets us in, and whether a receiver can read its table. */
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import type { Settings } from "../../k6/support/settings.ts";
import { fetchWithLogin } from "../fetch.ts";
import type { Check } from "./checks.ts";

const TIMEOUT_MS = 5_000;

const LOOKS = 10;
const LOOK_MS = 200;

const Session = v.object({ access_token: v.string() });

/** The settings that say how somebody logs in to create webhooks. */
export type LoginSettings = Pick<
  Settings<"webhook">,
  "SIGNALS_USER" | "SIGNALS_PASSWORD" | "LOGIN_PATH" | "LOGIN_AS" | "LOGIN_FIELD" | "WEBHOOK_TOKEN"
>;

/** Logs in to a server of signal webhooks, as a run does before it creates any. */
export async function loginCheck(server: string, settings: LoginSettings): Promise<Check> {
  const what = "signals login";
  const { SIGNALS_USER: user, SIGNALS_PASSWORD: password, LOGIN_PATH, LOGIN_AS, LOGIN_FIELD } = settings;
  if (settings.WEBHOOK_TOKEN !== undefined) return { what, found: "not needed: WEBHOOK_TOKEN is given", ok: true };
  if (user === undefined || password === undefined) {
    return {
      what,
      found: "nobody to log in as",
      ok: false,
      remedy: "set THROUGHLINE_SIGNALS_USER and THROUGHLINE_SIGNALS_PASSWORD, or WEBHOOK_TOKEN and WEBHOOK_SECRET",
    };
  }
  const credentials = { [LOGIN_FIELD]: user, password };
  const asForm = LOGIN_AS === "form";
  const answer = await fetchWithLogin(`${server.replace(/\/+$/, "")}${LOGIN_PATH}`, {
    method: "POST",
    body: asForm ? new URLSearchParams(credentials).toString() : JSON.stringify(credentials),
    headers: { "Content-Type": asForm ? "application/x-www-form-urlencoded" : "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
  const body: unknown = await answer?.json().catch(() => null);
  if (answer?.ok === true && v.is(Session, body)) return { what, found: `POST ${LOGIN_PATH} gives a token`, ok: true };
  const said = answer === null ? "no answer" : `status ${answer.status}${answer.ok ? " without access_token" : ""}`;
  const remedy =
    answer !== null && [401, 403].includes(answer.status)
      ? "user or password is wrong"
      : "LOGIN_PATH, LOGIN_AS=form or json and LOGIN_FIELD say how to log in";
  return { what, found: `POST ${LOGIN_PATH}: ${said}`, ok: false, remedy };
}

const Readable = v.object({
  storage: v.nullish(v.object({ problem: v.nullish(v.string()) })),
});

/** Opens a run at a receiver that has to watch a table, and asks whether it can read it. */
export async function tableCheck(receiver: string, run: string): Promise<Check> {
  const what = "receiver's table";
  const url = `${receiver.replace(/\/+$/, "")}/runs/${run}`;
  const opening = JSON.stringify({ seed: 1, variants: [], storage: { hostile: false } });
  const opened = await ask(url, { method: "POST", body: opening, headers: { "Content-Type": "application/json" } });
  if (opened === null) return { what, found: "the receiver does not answer", ok: false, remedy: "start it again" };
  if (!opened.ok) {
    const { error = `status ${opened.status}` } = (opened.body ?? {}) as { error?: string };
    return { what, found: error, ok: false, remedy: "start the receiver with --database and --redis of the ingestor" };
  }
  const problem = await problemOf(url);
  if (problem === null) return { what, found: "is read", ok: true };
  return { what, found: problem, ok: false, remedy: "the receiver's --database, --table and the rights of its user" };
}

/** The receiver reads the table some times a second: what is wrong with that it says soon, or never. */
async function problemOf(url: string): Promise<string | null> {
  for (let look = 0; look < LOOKS; look++) {
    const account = v.safeParse(Readable, (await ask(url, {}))?.body);
    if (!account.success) return "it tells no account of a table";
    const problem = account.output.storage?.problem ?? null;
    if (problem !== null) return problem;
    await pause(LOOK_MS);
  }
  return null;
}

async function ask(url: string, init: RequestInit) {
  const answer = await fetchWithLogin(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);
  if (answer === null) return null;
  const body: unknown = await answer.json().catch(() => null);
  return { ok: answer.ok, status: answer.status, body };
}
