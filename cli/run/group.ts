import { join } from "node:path";
import { definitionOf } from "../../core/definition.ts";
import { several } from "../../core/numbers.ts";
import { peakOf } from "../../core/shape.ts";
import { connectionsOf } from "../connections.ts";
import { inspectK6 } from "../doctor/machine.ts";
import { fetchWithLogin } from "../fetch.ts";
import { k6Program, runK6 } from "../k6.ts";
import type { RunningPipeline } from "../kind.ts";
import { bundleFor } from "./bundle.ts";
import type { Folder } from "./folder.ts";
import { label } from "./judgement.ts";
import { type RunOrder, runUrl } from "./parts.ts";
import type { PlannedTest } from "./plan.ts";
import type { Progress } from "./progress.ts";
import { sameCheck } from "./same-check.ts";
import { openTokenDesk, type TokenDesk } from "./tokens.ts";

/** A group of tests that run at the same time. */
export interface Group {
  readonly root: string;
  readonly order: RunOrder;
  readonly group: readonly PlannedTest[];
  readonly started: RunningPipeline;
  readonly folder: Folder;
  readonly progress: Progress;
  /** Called with the name and process id of each k6. */
  readonly launched: (name: string, pid: number) => void;
  readonly interrupted: AbortSignal;
}

/** Runs a group of tests. If one of them fails to run, stops the others, which would wait in vain. */
export async function runGroup({ root, order, group, started, folder, progress, launched, interrupted }: Group) {
  const broken = new AbortController();
  const signal = AbortSignal.any([interrupted, broken.signal]);
  const { instances } = order.request;
  const { kind } = order.subject;
  const accounted = group.some(({ variables }) => "RECEIVER_URL" in variables);
  const account = accounted ? runUrl(started, folder) : null;
  progress.begin(group.map((test) => describe(test, instances)).join(", "), loadSeconds(group), account);
  const closing = new AbortController();
  if (account !== null) closeOnInterrupt(account, interrupted, closing.signal);
  const desks = await Promise.all(group.map(({ test, variables }) => openTokenDesk(test, variables)));
  // Which k6 that is may have changed since the build.
  const extensions = kind.quicker === undefined ? [] : ((await inspectK6(k6Program(root)))?.extensions ?? []);
  const processes = group.flatMap((planned, index) =>
    Array.from({ length: instances }, async (_, place) => {
      const { test } = planned;
      const { variables } = desks[index] as TokenDesk;
      const name = label(test, place + 1, instances);
      const result = await runK6(root, {
        test,
        script: kind.own?.tests[test] ?? join(root, `dist/${bundleFor(test, kind, extensions)}.js`),
        variables: { ...variables, ...reachable(variables, started.variables), ...named(variables, folder.run) },
        results: folder.path,
        signal,
        instance: place + 1,
        instances,
        connections: connectionsOf(planned.settings) / instances,
        flags: order.flags ?? [],
        ...deadlineOf(planned),
        check: sameCheck(order),
        started: (pid) => launched(`k6 ${name}`, pid),
      });
      // Nothing was published, so that the others, who would have the account settled, wait for nothing that may come.
      if (!result.complete && result.summary?.started === false && account !== null) await close(account);
      if (!result.complete) broken.abort();
      return result;
    }),
  );
  const results = await Promise.all(processes);
  await Promise.all(desks.map((desk) => desk.close()));
  closing.abort();
  progress.end();
  return results;
}

/** On interrupt, closes the account at once: the receiver would wait for late deliveries longer than k6 has to end. */
function closeOnInterrupt(account: string, interrupted: AbortSignal, over: AbortSignal): void {
  interrupted.addEventListener("abort", () => void close(account), { once: true, signal: over });
}

async function close(account: string): Promise<void> {
  await fetchWithLogin(`${account}/interrupt`, { method: "POST" }).catch(() => undefined);
}

/** Setup, closing of connections and teardown, generously. */
const ROUND_ABOUT_SECONDS = 75;

/** Starting a virtual user takes 10 ms on two cores, and up to ten times as long on a busy machine. */
const STARTING_SECONDS = 0.1;

/** k6 waits forever for a WebSocket whose peer went silent, even after its load has ended. */
function deadlineOf({ test, seconds, settings }: PlannedTest): { deadline?: number } {
  if (definitionOf(test)?.load !== "stays") return {};
  const drain = "DRAIN_TIMEOUT" in settings ? Number(settings.DRAIN_TIMEOUT) : 0;
  const linger = "LINGER" in settings ? Number(settings.LINGER ?? 0) : 0;
  const starting = settings.load.kind === "visitors" ? peakOf(settings.load.shape) * STARTING_SECONDS : 0;
  return { deadline: Math.ceil((starting + seconds + drain + linger + ROUND_ABOUT_SECONDS) * 1_000) };
}

/** The variables with the addresses that are known only after start-up. */
function reachable(variables: Readonly<Record<string, string>>, addresses: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(addresses).filter(([name]) => name in variables));
}

/** Adds the run id, which tests settled by a receiver need. */
function named(variables: Readonly<Record<string, string>>, run: string): Record<string, string> {
  return "RECEIVER_URL" in variables ? { RUN_ID: run } : {};
}

/** Publishers decide how long a group takes; subscribers stay until the run is settled. */
function loadSeconds(group: readonly PlannedTest[]): number {
  const publishers = group.filter(({ settings }) => settings.load.kind !== "visitors");
  return Math.max(...(publishers.length > 0 ? publishers : group).map(({ seconds }) => seconds));
}

function describe({ test, settings, seconds }: PlannedTest, instances: number): string {
  const { load } = settings;
  const shared = instances === 1 ? "" : ` from ${instances} processes`;
  const length = `${Math.round(seconds)} s`;
  if (load.kind === "paced") return `${test} publishes ${several(load.events, "event")} in ${length}${shared}`;
  if (load.kind === "closed")
    return `${test} publishes ${several(load.events, "event")}, ${load.concurrency} under way at any time${shared}`;
  if (load.kind === "unpaced") return `${test} publishes as fast as acknowledged for ${length}${shared}`;
  return `${test} has up to ${Math.round(peakOf(load.shape)).toLocaleString("en")} clients${shared}`;
}
