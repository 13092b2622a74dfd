import { connect } from "node:net";
import * as v from "valibot";
import { CLOCK_ERROR_MS, Clock } from "../../core/clock.ts";
import { fetchWithLogin } from "../fetch.ts";
import type { Check } from "./check.ts";
import { askThrough, proxyFor } from "./proxy.ts";

const TIMEOUT_MS = 5_000;
const ROUND_TRIPS = 9;
/** How often the wall clock is read again, as in the receiver. */
const ANCHOR_MS = 1_000;
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "ws:": 80,
  "https:": 443,
  "wss:": 443,
  "nats:": 4222,
  "tls:": 4222,
  "redis:": 6379,
  "rediss:": 6379,
  "postgres:": 5432,
  "postgresql:": 5432,
};

/** The port that a URL leads to; undefined where neither it nor its scheme names one. */
export function portOfUrl({ port, protocol }: URL): number | undefined {
  return Number(port) || DEFAULT_PORTS[protocol];
}

/** A URL without its credentials and its query. */
export function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}

/** Which addresses of a target can be reached. */
interface Reachability {
  readonly checks: readonly Check[];
  /** Names of the addresses that accept connections, except those behind a proxy. */
  readonly direct: ReadonlySet<string>;
}

/** Checks whether the addresses of a target can be reached, and compares a receiver's clock with ours. */
export async function reachTarget(urls: Readonly<Record<string, string>>): Promise<Reachability> {
  const found = await Promise.all(
    Object.entries(urls).map(async ([name, url]) => {
      const check = await reach(name, url);
      const checks = name === "receiver" && check.ok === true ? [check, await clock(url)] : [check];
      return { name, checks, direct: check.ok === true && proxyFor(new URL(url)) === null };
    }),
  );
  return {
    checks: found.flatMap(({ checks }) => checks),
    direct: new Set(found.filter(({ direct }) => direct).map(({ name }) => name)),
  };
}

/** @throws an error in one line that names an address which cannot be reached, and what to do. */
export async function refuseUnreachable(urls: Readonly<Record<string, string>>): Promise<void> {
  const checks = await Promise.all(Object.entries(urls).map(([name, url]) => reach(name, url)));
  const dead = checks.find(({ ok }) => ok === false);
  if (dead !== undefined) throw new Error(`${dead.what} ${dead.found}: ${dead.remedy}`);
}

async function reach(name: string, url: string): Promise<Check> {
  const what = `${name} address`;
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new RangeError(`--${name}-url ${url}: allowed: a URL`);
  }
  const shown = shownUrl(parsed);
  const port = portOfUrl(parsed);
  if (port === undefined) throw new RangeError(`--${name}-url ${shown}: has no port`);
  const proxy = proxyFor(parsed);
  if (proxy !== null) {
    const problem = await askThrough(proxy, parsed);
    if (problem === null) return { what, found: `${shown} answers, by the proxy ${proxy.host}`, ok: true };
    return { what, found: `${shown}: ${problem}`, ok: false, remedy: "look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY" };
  }
  const failure = await connects(parsed.hostname, port);
  if (failure !== null) {
    return { what, found: `${shown}: ${failure}`, ok: false, remedy: "start it, or look at firewalls and the address" };
  }
  if (name !== "receiver") return { what, found: `${shown} answers`, ok: true };
  const health = await fetchWithLogin(`${url.replace(/\/+$/, "")}/health`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => null);
  if (health?.ok === true) return { what, found: `${shown} is healthy`, ok: true };
  const answer = health === null ? "no answer" : `status ${health.status}`;
  return { what, found: `${shown}: GET /health: ${answer}`, ok: false, remedy: "is this the root of a receiver?" };
}

/** @returns null when the port accepts connections, else why it does not. */
export function connects(host: string, port: number, timeout = TIMEOUT_MS): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ""), port, timeout });
    const tell = (failure: string | null) => {
      socket.destroy();
      resolve(failure);
    };
    socket
      .once("connect", () => tell(null))
      .once("timeout", () => tell(`no answer within ${timeout / 1000} s`))
      // A name with several addresses fails with an error of each, and a message of none.
      .once("error", (problem: NodeJS.ErrnoException) => tell(problem.message || problem.code || "cannot be reached"));
  });
}

const ClockSchema = v.object({ now: v.number() });

/** The offset of the receiver's clock: the quickest of several round trips bounds the error by half its duration. */
async function clock(receiver: string): Promise<Check> {
  const ours = new Clock(() => performance.now(), ANCHOR_MS);
  let best = { offset: 0, error: Number.POSITIVE_INFINITY };
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const asked = ours.now();
    const answer = await fetchWithLogin(`${receiver.replace(/\/+$/, "")}/clock`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => null);
    const text: unknown = await answer?.json().catch(() => null);
    const answered = ours.now();
    const parsed = v.safeParse(ClockSchema, text);
    if (!parsed.success) {
      return {
        what: "clock",
        found: "the receiver's /clock does not answer",
        ok: false,
        remedy: "is this a receiver of Throughline?",
      };
    }
    const error = (answered - asked) / 2;
    if (error < best.error) best = { offset: parsed.output.now - (asked + error), error };
  }
  const found = `the receiver is ${best.offset.toFixed(2)} ms ahead of us, known to ${best.error.toFixed(2)} ms`;
  const ok = best.error <= CLOCK_ERROR_MS;
  return ok
    ? { what: "clock", found, ok }
    : { what: "clock", found, ok, remedy: "latencies across these hosts cannot be told; move the receiver nearer" };
}
