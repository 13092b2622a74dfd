/** Chooses the k6 of a run: bin/k6, which is built if something needs it, or any k6 on the PATH. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EXTENSIONS } from "../../systems/kinds.ts";
import { isAtLeast, LEAST_GO, LEAST_K6 } from "../doctor/checks.ts";
import { inspectPrograms } from "../doctor/machine.ts";
import type { PlannedRun } from "./plan.ts";
import type { Subject } from "./subject.ts";

/** What in a run needs bin/k6 or bin/services, in words; null where any k6 will do. */
export function needOfOurs(subject: Subject, { groups, reference }: PlannedRun): string | null {
  const { own } = subject.kind;
  if (own !== undefined) {
    return own.extensions.length === 0 ? null : `${own.file} imports ${own.extensions.join(", ")}, which bin/k6 has`;
  }
  const tests = groups.flat().map(({ test }) => test);
  const test = tests.find((one) => one in EXTENSIONS);
  if (test !== undefined) return `${test} needs bin/k6`;
  const ownBroker = reference && tests.some((one) => subject.kind.services?.includes(one));
  return ownBroker ? "the reference target needs bin/services" : null;
}

/**
 * Makes sure that a run has its k6; builds bin/k6 if needed and Go is installed. Without Go, one that is of other sources
 * than xk6/ has is told and taken.
 *
 * @param need what needs bin/k6, see {@link needOfOurs}.
 * @throws an error of one line that says what needs it, and what to install.
 */
export async function provideK6(root: string, need: string | null): Promise<void> {
  if (existsSync(join(root, "bin/k6"))) {
    // A clone has looked before it came here.
    if (!existsSync(join(root, "build.mjs"))) (await bootstrapOf(root))?.buildK6();
    return;
  }
  const { go, pathK6 } = await inspectPrograms();
  if (need === null && pathK6 !== null && isAtLeast(pathK6.version, LEAST_K6)) return;
  if (go === null || !isAtLeast(go, LEAST_GO)) throw new Error(missing(need, pathK6?.version ?? null));
  (await bootstrapOf(root))?.buildK6();
}

/** What builds, if the package has it: an image does without. */
async function bootstrapOf(root: string): Promise<{ readonly buildK6: () => void } | null> {
  const file = join(root, "bootstrap.mjs");
  return existsSync(file) ? ((await import(pathToFileURL(file).href)) as { buildK6: () => void }) : null;
}

function missing(need: string | null, pathK6: string | null): string {
  const install = `install Go ${LEAST_GO} or later (https://go.dev/dl), with which it is built`;
  if (need !== null) return `${need}, and that was not built: ${install}`;
  const found = pathK6 === null ? "k6 was not found" : `k6 ${pathK6} is too old`;
  return `${found}: install k6 ${LEAST_K6} or later (https://grafana.com/docs/k6/latest/set-up/install-k6/), or Go ${LEAST_GO}, with which one is built`;
}
