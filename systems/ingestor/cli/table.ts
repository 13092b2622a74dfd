/** Checks whether a receiver can read its table. */
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import type { Check } from "../../../cli/doctor/check.ts";
import { fetchWithLogin } from "../../../cli/fetch.ts";

const TIMEOUT_MS = 5_000;

const LOOKS = 10;
const LOOK_MS = 200;

const Readable = v.object({
  storage: v.nullish(v.object({ problem: v.nullish(v.string()) })),
});

/** Opens a run at a receiver of a table, and asks whether it can read the table. */
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

/** The receiver reads the table several times a second, so a problem shows quickly. */
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
