/** Provides the programs of a run: bin/k6, which is built if something needs it, or any k6 on the PATH. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { EXTENSIONS } from "../../systems/kinds.ts";
import { isAtLeast, LEAST_GO, LEAST_K6 } from "../doctor/checks.ts";
import { inspectPrograms } from "../doctor/machine.ts";
import type { PlannedRun } from "./plan.ts";
import type { Subject } from "./subject.ts";

/** What in a run needs bin/k6 and bin/services, in words; null where any k6 will do, and where no server of ours runs. */
export interface Needs {
  readonly k6: string | null;
  readonly services: string | null;
}

/** The programs that can be built, by their names in bin/. */
type Program = keyof Needs;

export function needsOfOurs(subject: Subject, { groups, reference }: PlannedRun): Needs {
  const { own, services = [] } = subject.kind;
  if (own !== undefined) {
    const imports = own.extensions.join(", ");
    return { k6: imports === "" ? null : `${own.file} imports ${imports}, which bin/k6 has`, services: null };
  }
  const tests = groups.flat().map(({ test }) => test);
  const test = tests.find((one) => one in EXTENSIONS);
  const ownServers = reference && tests.some((one) => services.includes(one));
  return {
    k6: test === undefined ? null : `${test} needs bin/k6`,
    services: ownServers ? "the reference target needs bin/services" : null,
  };
}

/** What a machine has and can. */
interface Means {
  /** bin/k6 is there. */
  readonly isBuilt: boolean;
  /** A k6 on the PATH will do for what needs no other. */
  readonly hasOther: boolean;
  readonly canBuild: boolean;
  readonly isClone: boolean;
}

/** The programs in bin/ that a run takes. Pure. */
export function programsOf({ k6, services }: Needs, { isBuilt, hasOther, canBuild, isClone }: Means): Program[] {
  // A clone has a k6 of its own where it can: it takes less for the same load.
  const isOurs = isBuilt || k6 !== null || !hasOther || (isClone && canBuild);
  return [...(isOurs ? ["k6" as const] : []), ...(services === null ? [] : ["services" as const])];
}

/** The programs of a run. */
interface Provision {
  /** Whether any is to be built first, which takes minutes. */
  readonly isDue: boolean;
  /** Builds them. Without Go, one that is of other sources than xk6/ has is told and taken. */
  build(): void;
}

/**
 * Looks for the programs of a run.
 *
 * @throws an error of one line that says what needs a program, and what to install, where it is not there and cannot be
 * built.
 */
export async function provision(root: string, needs: Needs): Promise<Provision> {
  const isThere = (name: string) => existsSync(join(root, name));
  const isBuilt = isThere("bin/k6");
  const isWhole = isBuilt && (needs.services === null || isThere("bin/services"));
  const { go, pathK6 } = isWhole ? { go: null, pathK6: null } : await inspectPrograms();
  const canBuild = go !== null && isAtLeast(go, LEAST_GO);
  const hasOther = pathK6 !== null && isAtLeast(pathK6.version, LEAST_K6);
  const wanted = programsOf(needs, { isBuilt, hasOther, canBuild, isClone: isThere("build.mjs") });
  const missing = wanted.filter((name) => !isThere(`bin/${name}`));
  if (missing.length > 0 && !canBuild) throw new Error(lack(missing, needs, pathK6?.version ?? null));
  const bootstrap = await bootstrapOf(root);
  const stale = bootstrap?.stalePrograms(wanted) ?? missing;
  return { isDue: stale.length > 0, build: () => stale.length > 0 && bootstrap?.buildK6(stale) };
}

interface Bootstrap {
  readonly stalePrograms: (wanted: readonly Program[]) => readonly Program[] | null;
  readonly buildK6: (wanted: readonly Program[]) => void;
}

/** What builds, if the package has it: an image does without. */
async function bootstrapOf(root: string): Promise<Bootstrap | null> {
  const file = join(root, "bootstrap.mjs");
  return existsSync(file) ? ((await import(pathToFileURL(file).href)) as Bootstrap) : null;
}

/** Why the run cannot be, and what to install. */
function lack(missing: readonly Program[], needs: Needs, pathK6: string | null): string {
  const install = `install Go ${LEAST_GO} or later (https://go.dev/dl), with which it is built`;
  const need = missing.map((name) => needs[name]).find((one) => one !== null);
  if (need != null) return `${need}, and that was not built: ${install}`;
  const found = pathK6 === null ? "k6 was not found" : `k6 ${pathK6} is too old`;
  return `${found}: install k6 ${LEAST_K6} or later (https://grafana.com/docs/k6/latest/set-up/install-k6/), or Go ${LEAST_GO}, with which one is built`;
}
