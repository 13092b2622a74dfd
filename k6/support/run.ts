import exec from "k6/execution";
import http from "k6/http";
import type { Account } from "../../core/account.ts";
import { type ClockOffset, correctionOf } from "../../core/clock.ts";
import type { ClockAccount, ClockReport } from "../../core/clocks.ts";
import type { Stream } from "../../core/event.ts";
import type { HopsReport } from "../../core/hops.ts";
import { beginningOf, withoutCredentials } from "../../core/redaction.ts";
import type { Arrivals, ArrivalsAnswer, Opening, PublisherReportInput, Settling } from "../../core/report.ts";
import type { Second } from "../../core/timeline.ts";
import { runNumber } from "../../core/trace.ts";
import { COARSE, compareClocks, RECEIVER_TAGS, whileLoaded } from "./clock.ts";
import type { Measure } from "./measure.ts";

/** What all virtual users know of the run they take part in; small, because k6 copies it to each. */
export interface Run {
  readonly id: string;
  /** The number in the run's traces; null when a subscriber takes the first run it sees. */
  readonly number: number | null;
  /** Tells this k6 process from others in the same run. */
  readonly instance: string;
  /** Ms to add to local time to get the receiver's, and how wrong that may be; null without a receiver. */
  readonly clock: ClockOffset | null;
}

export interface RunSettings {
  readonly RUN_ID: string | undefined;
  readonly SEED: number;
  readonly RECEIVER_URL: string | undefined;
  readonly DRAIN_TIMEOUT: number;
  readonly DRAIN_QUIET: number;
  readonly LINGER?: number | undefined;
  readonly BUFFER_TIMEOUT?: number;
}

/** Where the events must come out, and what selects them there: a part for each far end, by its name. */
export interface FarEnd extends Readonly<Record<string, unknown>> {
  /** The events of the bursts of the load. */
  readonly bursts?: Opening["bursts"];
  /** The combinations of attributes that filters of subscriptions select by. */
  readonly variants?: Stream["variants"];
  /** The order that subscriptions promise. */
  readonly order?: Opening["order"];
}

type Role = "publisher" | "subscriber";

/**
 * Opens the run, or joins it, and compares clocks with the receiver; to be called in `setup()`.
 * Ends the test (k6 exits 108) when the receiver cannot be reached or knows the run by another workload.
 *
 */
export function openRun(config: RunSettings, role: Role, farEnd: FarEnd = {}): Run {
  const stamp = new Date()
    .toISOString()
    .replace(/[-:]|\..*/g, "")
    .replace("T", "-");
  const suffix = Math.floor(Math.random() * 0x1000000)
    .toString(16)
    .padStart(6, "0");
  const instance = `${stamp}-${suffix}`;
  const id = config.RUN_ID ?? instance;
  const adopts = config.RUN_ID === undefined && role === "subscriber";
  const run = { id, instance, number: adopts ? null : runNumber(id), clock: null };
  if (config.RECEIVER_URL === undefined) return run;
  const opening: Opening = { seed: config.SEED, variants: [], ...farEnd };
  if (role === "publisher") opening.publisher = instance;
  const answer = http.post(`${config.RECEIVER_URL}/runs/${id}`, JSON.stringify(opening), asJson());
  if (answer.status !== 200)
    exec.test.abort(withoutCredentials(`RECEIVER_URL=${config.RECEIVER_URL}: cannot open run ${id}: ${said(answer)}`));
  const opened = { ...run, number: runNumber(id), clock: compareClocks(config.RECEIVER_URL) };
  reportClock(config, opened, role, opened.clock);
  return opened;
}

/** Tells the receiver how its clock stands to ours. @returns what it knows of all clocks; null when it does not answer. */
function reportClock(config: RunSettings, run: Run, role: Role, found: ClockOffset) {
  const correction = clockCorrection(run);
  const report: ClockReport = { clock: run.instance, role, at: Date.now(), ...found, correction };
  const answer = http.post(`${config.RECEIVER_URL}/runs/${run.id}/clock`, JSON.stringify(report), asJson());
  return answer.status === 200 ? (answer.json() as unknown as ClockAnswer) : null;
}

interface ClockAnswer {
  readonly settled: boolean;
  readonly clocks: readonly ClockAccount[];
}

/**
 * Compares clocks with the receiver while there is load. What fails is tried again; the account says how often it worked.
 *
 * @param beside virtual users beside the load that wait for its end as well, and what takes how late this machine is.
 */
export function compareWhileLoaded(
  config: RunSettings,
  role: Role,
  { others = 0, lateness = null }: { readonly others?: number; readonly lateness?: Measure | null } = {},
): (run: Run) => void {
  return (run) => {
    const compare = () => {
      try {
        return reportClock(config, run, role, compareClocks(config.RECEIVER_URL as string))?.settled ?? false;
      } catch {
        return false;
      }
    };
    whileLoaded(others, compare, lateness);
  };
}

/** The clocks at the end; those that are known already where the receiver is gone. */
function lastClocks(config: RunSettings, run: Run, role: Role): readonly ClockAccount[] | null {
  try {
    return reportClock(config, run, role, compareClocks(config.RECEIVER_URL as string, COARSE))?.clocks ?? null;
  } catch {
    return null;
  }
}

/** What to add to local time to speak of the run's time. */
export function clockCorrection({ clock }: Run): number {
  return clock === null ? 0 : correctionOf(clock);
}

/** Tells the receiver what was published. @throws when the receiver does not take it. */
export async function reportPublished(
  config: RunSettings,
  run: Run,
  batches: readonly PublisherReportInput[],
): Promise<void> {
  const { instance, clock } = run;
  const told = batches.map((batch) => ({ instance, clockError: clock?.error, ...batch }));
  await report(config, run, "published", JSON.stringify(told));
}

/**
 * Tells the receiver what arrived.
 *
 * @param written more paths, as members of a list in JSON.
 * @throws when the receiver does not take it.
 */
export async function reportArrivals(
  config: RunSettings,
  run: Run,
  { paths, damages = [], foreign = 0 }: Arrivals,
  written = "",
): Promise<ArrivalsAnswer> {
  const others = JSON.stringify(paths).slice(1, -1);
  const comma = written === "" || others === "" ? "" : ",";
  // Written once: ten thousand paths have 2 MB a second to tell.
  const text = `{"paths":[${written}${comma}${others}],"damages":${JSON.stringify(damages)},"foreign":${foreign}}`;
  return (await report(config, run, "arrivals", text)) as unknown as ArrivalsAnswer;
}

async function report(config: RunSettings, run: Run, what: string, text: string): Promise<object> {
  const url = `${config.RECEIVER_URL}/runs/${run.id}/${what}`;
  const answer = await http.asyncRequest("POST", url, text, asJson());
  if (answer.status !== 200) throw new Error(withoutCredentials(`${url}: ${said(answer)}`));
  return answer.json() as object;
}

/** Waits for what is on its way and closes the account; to be called in `teardown()`. */
export function settleRun(config: RunSettings, run: Run, role: Role): Account {
  lastClocks(config, run, role);
  const waits = { timeout: config.DRAIN_TIMEOUT * 1000, quiet: config.DRAIN_QUIET * 1000 };
  const hold = config.BUFFER_TIMEOUT === undefined ? {} : { hold: config.BUFFER_TIMEOUT * 1000 };
  const settling: Settling = { ...waits, ...hold, linger: (config.LINGER ?? 0) * 1000, [role]: run.instance };
  const url = `${config.RECEIVER_URL}/runs/${run.id}/settle`;
  const answer = http.post(url, JSON.stringify(settling), {
    ...asJson(),
    timeout: `${config.DRAIN_TIMEOUT + (config.LINGER ?? 0) + 20}s`,
  });
  if (answer.status !== 200) throw new Error(withoutCredentials(`${url}: ${said(answer)}`));
  const account = answer.json() as unknown as Account;
  return { ...account, clocks: lastClocks(config, run, role) ?? account.clocks };
}

/** Tells the receiver where the pipeline's events stand. @returns the account, which that may explain. */
export function reportHops(config: RunSettings, run: Run, hops: HopsReport): Account {
  const url = `${config.RECEIVER_URL}/runs/${run.id}/hops`;
  const answer = http.post(url, JSON.stringify(hops), asJson());
  if (answer.status !== 200) throw new Error(withoutCredentials(`${url}: ${said(answer)}`));
  return answer.json() as unknown as Account;
}

/** The account as it stands, or null when it cannot be had. */
export function fetchAccount(receiver: string, runId: string): Account | null {
  const answer = http.get(`${receiver}/runs/${runId}`, RECEIVER_TAGS);
  return answer.status === 200 ? (answer.json() as unknown as Account) : null;
}

/** The run second by second; empty when it cannot be had. */
export function fetchTimeline(receiver: string, runId: string): readonly Second[] {
  const answer = http.get(`${receiver}/runs/${runId}/timeline`, RECEIVER_TAGS);
  return answer.status === 200 ? (answer.json() as unknown as readonly Second[]) : [];
}

function asJson() {
  return { ...RECEIVER_TAGS, headers: { "Content-Type": "application/json" } };
}

function said(answer: { status: number; error: string; body: unknown }): string {
  return answer.status === 0 ? answer.error : `status ${answer.status} ${beginningOf(String(answer.body), 200)}`;
}
