import exec from "k6/execution";
import http from "k6/http";
import type { HealthAnswer, WatchedHealth } from "../../core/health.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import type { Measures } from "./measure.ts";

type HealthMeasures = Measures<"health">;

interface HealthSettings {
  readonly HEALTH_URL: readonly string[] | undefined;
}

/** Requests to the monitor are told apart from the load by this name. */
const TAGS = { tags: { name: "health" }, redirects: 10 };

/** When a test began to be watched, in Unix ms; part of its setup data, because teardown knows no other way. */
export interface WatchStart {
  readonly watchedFrom: number;
}

/**
 * Makes sure that somebody watches the target, where HEALTH_URL says so; to be called in `setup()`. Ends
 * the test (k6 exits 108) when no monitor answers there.
 */
export function requireHealth({ HEALTH_URL: urls = [] }: HealthSettings): WatchStart {
  const watched = { watchedFrom: Date.now() };
  for (const url of urls) {
    const answer = http.get(`${url}/health?last=10`, TAGS);
    const problem = answer.status === 200 ? null : answer.error || `status ${answer.status}`;
    if (problem !== null) {
      exec.test.abort(withoutCredentials(`HEALTH_URL=${url}: no health monitor answers: ${problem}`));
    }
  }
  return watched;
}

/**
 * Enters what the monitors saw since the test began; to be called in `teardown()`: a process that died
 * fails a bare `k6 run`. A monitor that does not answer any more leaves the objectives without samples,
 * which makes the run INVALID.
 */
export function enterHealth(config: HealthSettings, measure: HealthMeasures, { watchedFrom }: WatchStart): void {
  if (config.HEALTH_URL === undefined) return;
  const watched = healthOfLast(config.HEALTH_URL, (Date.now() - watchedFrom) / 1000);
  if (watched.length === 0) return;
  for (const { process, samples, deaths, memorySamples } of watched) {
    if (deaths > 0) console.warn(`${process}: ${deaths} of its processes died`);
    if (samples > 0 && memorySamples === 0) {
      console.warn(`${process}: tells no process_resident_memory_bytes: that it answers is judged, its memory is not`);
    }
    measure.health_deaths.add(deaths, samples);
  }
  // A process without memory readings says nothing about the others.
  const told = watched.filter(({ samples, memorySamples }) => memorySamples > 0 || samples === 0);
  if (told.length === 0) return;
  const growth = told.map(({ growthMb }) => growthMb ?? 0);
  measure.health_growth_mb.add(Math.max(...growth), Math.min(...told.map(({ memorySamples }) => memorySamples)));
}

/** Enters whether memory rose without an end over the last seconds. */
export function enterLeaks(urls: readonly string[], measure: HealthMeasures, seconds: number): void {
  for (const { process, leak } of healthOfLast(urls, seconds)) {
    if (leak.slope === null) continue;
    const { low, high } = leak.slope;
    if (leak.finding === "leaking") {
      console.warn(`${process}: its memory rises by ${low.toFixed(1)} to ${high.toFixed(1)} MB a minute`);
    }
    measure.health_leaks.add(leak.finding === "leaking" ? 1 : 0);
  }
}

/** What the monitors say; nothing when one of them does not answer, which is told. */
function healthOfLast(urls: readonly string[], seconds: number): readonly WatchedHealth[] {
  const all: WatchedHealth[] = [];
  for (const url of urls) {
    const answer = http.get(`${url}/health?last=${seconds.toFixed(3)}`, TAGS);
    if (answer.status !== 200) {
      const why = answer.error || `status ${answer.status}`;
      console.error(withoutCredentials(`HEALTH_URL=${url}: the health monitor does not answer: ${why}`));
      return [];
    }
    all.push(...(answer.json() as unknown as HealthAnswer).watched);
  }
  return all;
}
