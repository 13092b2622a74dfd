import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { several } from "../../core/numbers.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { runGroup } from "../run/group.ts";
import { runUrl, startParts } from "../run/parts.ts";
import { planRun } from "../run/plan.ts";
import type { Request } from "../run/request.ts";
import { fetchRunData } from "../run/run-data.ts";
import type { Subject } from "../run/subject.ts";
import type { Check } from "./check.ts";

const SILENT = { say: () => {}, begin: () => {}, end: () => {} };

/**
 * Sends canaries and one event through the whole pipeline, with one publisher and one path of each kind. The target
 * sees real events.
 */
export async function canaryCheck(
  root: string,
  subject: Subject,
  request: Request,
  signal: AbortSignal,
): Promise<Check> {
  const [together = []] = subject.groups.filter((group) => group.some((test) => subject.kind.settled[test]));
  const group = { ...subject, groups: [together] };
  const load = { scenario: undefined, rate: undefined, duration: undefined, events: "1" };
  const small = { ...request, ...load, instances: 1, set: [...request.set, ...gently(subject, together)] };
  const plan = planRun(group, small);
  const path = await mkdtemp(join(tmpdir(), "throughline-doctor-"));
  const folder = { run: `doctor-${process.pid}-${Date.now()}`, path };
  const order = { subject: group, request: small, out: path };
  try {
    const started = await startParts(root, order, plan, folder);
    try {
      const [planned = []] = plan.groups;
      const place = { root, order, started, folder, progress: SILENT, launched: () => {}, interrupted: signal };
      const tests = await runGroup({ ...place, group: planned });
      const { account } = await fetchRunData(runUrl(started, folder) ?? "");
      const [ready, paths] = [Number(account?.["ready"] ?? 0), account?.paths ?? 0];
      const [reason] = tests.flatMap(({ complete, reasons }) => (complete ? [] : reasons));
      const { own } = subject.kind;
      const ends = own !== undefined ? "paths" : account?.["webhooks"] == null ? "subscriptions" : "endpoints";
      const reached = `canaries reached ${ready} of ${paths} ${ends}`;
      const sent = tests.reduce((sum, { summary }) => sum + (summary?.metrics["canaries_sent"]?.["count"] ?? 0), 0);
      const found = `${reached}${paths === 0 ? "" : `; ${traceLeft(subject, sent, ready > 0)}`}`;
      if (reason === undefined && paths > 0 && ready === paths) return { what: "canary", found, ok: true };
      return {
        what: "canary",
        found,
        ok: false,
        remedy:
          reason?.evidence ??
          reason?.text.replace(/^k6 ended with \d+: (?:test aborted: )?/, "") ??
          (paths === 0
            ? "nothing subscribed: is the target there, and does open() say live()?"
            : "the others match none of the canaries, or lead elsewhere"),
      };
    } finally {
      await started.close();
    }
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Settings for a try-out: as little load as possible on somebody's system. */
function gently({ kind }: Subject, tests: readonly RunnableTest[]): string[] {
  return tests.flatMap((test) =>
    Object.entries(kind.gently?.[test] ?? {}).map(([name, value]) => `${test}.${name}=${value}`),
  );
}

/** What the try-out leaves behind in the target, and how many of it. */
function traceLeft({ kind }: Subject, canaries: number, loaded: boolean): string {
  if (canaries === 0) return "no canary is known to have left";
  const sent = `${several(canaries, "canary", "canaries")}${loaded ? " and 1 event of the load" : ""}`;
  return kind.own === undefined ? `${sent} stay in the stream` : `your system was sent ${sent}`;
}
