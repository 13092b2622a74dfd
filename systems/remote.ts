/**
 * Whom a load may be turned on: whatever runs on this machine, and others only gently or with express
 * consent. Private networks and container names are others too: they are where the shared systems are.
 */

import type { Plan } from "../core/plan.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { peakOf } from "../core/shape.ts";
import { plan } from "../scenarios.ts";
import type { RunnableTest } from "./variables.ts";

const LOOPBACK = new RegExp(
  "^[a-z][a-z0-9+.-]*://" +
    // A login; what could be read in two ways is left to fail.
    "(?:[^@/?#\\\\\\s]*@)?" +
    "(?:(?:[a-z0-9-]+\\.)*localhost\\.?|127(?:\\.\\d{1,3}){3}|\\[::1\\]|\\[::ffff:127(?:\\.\\d{1,3}){3}\\])" +
    "(?::\\d*)?(?:[/?#]\\S*)?$",
  "i",
);

/** Whether a URL leads to this machine and nowhere else. What is no clear URL does not. */
export function isLoopback(url: string): boolean {
  return LOOPBACK.test(url);
}

/** The parts of a test's settings that say how hard it hits. */
interface Force {
  readonly load: Plan;
  /** Connections of each virtual user. */
  readonly SOCKETS?: number | undefined;
  /** Pause of a virtual user between its rounds, in seconds. */
  readonly THINK_TIME?: number | undefined;
  /** The most requests per second of what comes after the load; what a smoke test has at its end by default. */
  readonly after?: { readonly peak: number; readonly gentle: number } | undefined;
}

/** How hard a load hits at its peak, in numbers that compare within one test. */
function forceOf({ load, SOCKETS = 1, THINK_TIME = 1 }: Force): number {
  if (!("shape" in load)) return Number.POSITIVE_INFINITY;
  // An open model pauses for nobody.
  return (peakOf(load.shape) * SOCKETS) / (load.kind === "visitors" ? THINK_TIME : 1);
}

/**
 * Decides whether a load needs consent: it does when it is more than the smoke profile and one of the
 * target's addresses is not on this machine.
 *
 * @param addresses the target's addresses by the names of their variables.
 * @returns what asks for consent, to be followed by how it is given; null where none is needed.
 */
export function needsConsent(
  test: RunnableTest,
  force: Force,
  addresses: Readonly<Record<string, string>>,
): string | null {
  const away = Object.entries(addresses).find(([, url]) => !isLoopback(url));
  const { after = { peak: 0, gentle: 0 } } = force;
  const gentle = forceOf(force) <= forceOf({ load: plan(test, "smoke") }) && after.peak <= after.gentle;
  if (away === undefined || gentle) return null;
  const [name, url] = away;
  return `${name}=${withoutCredentials(url)}: is not this machine, and the load is more than smoke`;
}
