/** Asks the addresses in a user's file before its load: what does not listen there need not be waited for. */
import { urlsIn, type VariableOf } from "../../core/ownvariables.ts";
import { withoutCredentials } from "../../core/redaction.ts";
import { isLoopback } from "../../systems/remote.ts";
import type { Check } from "../doctor/check.ts";
import { proxyFor } from "../doctor/proxy.ts";
import { connects, portOfUrl, shownUrl } from "../doctor/target.ts";

/** Longer is not waited: what is merely slow is for the canaries to find out. */
const TIMEOUT_MS = 1_000;

interface Declared {
  readonly variables?: Readonly<Record<string, VariableOf>>;
}

/**
 * Whether something listens at each address of a file. Nothing does where a connection is refused. A name that is not
 * known here is only noted: it may be one by which the target finds this machine.
 *
 * @param given what the variables are in this run, where it is not their defaults.
 * @param receiverPort where the run's own receiver will listen, which is not asked before; 0 for any free port.
 * @throws RangeError in one line for an address without a scheme.
 */
export async function askAddresses(
  declared: Declared,
  given: Readonly<Record<string, string | undefined>>,
  receiverPort: number,
): Promise<readonly Check[]> {
  const asked = Object.entries(urlsIn(declared, given)).flatMap(([name, value]) => {
    refuseWithoutScheme(name, value);
    const url = URL.canParse(value) ? new URL(value) : null;
    const port = url === null || url.hostname === "" ? undefined : portOfUrl(url);
    // A proxy, or a driver with a spelling of its own, knows where that is.
    if (url === null || port === undefined || proxyFor(url) !== null) return [];
    if (port === receiverPort && isLoopback(value)) return [];
    return [ask(name, url, port, port === receiverPort)];
  });
  return Promise.all(asked);
}

/** @param isLater whether the receiver will listen there, if the name is one of this machine. */
async function ask(name: string, url: URL, port: number, isLater: boolean): Promise<Check> {
  const what = `${name} address`;
  const failure = await connects(url.hostname, port, TIMEOUT_MS);
  // What stands behind the port is for the canaries to find out: a path that is wrong opens a connection as well.
  if (failure === null) return { what, found: `${url.host || shownUrl(url)} takes connections`, ok: true };
  const found = `${shownUrl(url)}: ${failure}`;
  // By which names a target finds this machine is not known here: vm, host.docker.internal, 0.0.0.0.
  if (isLater && /ECONNREFUSED/.test(failure)) {
    return { what, found, ok: null, remedy: "the receiver of a run will listen there, if that is this machine" };
  }
  return /ECONNREFUSED/.test(failure)
    ? { what, found, ok: false, remedy: `start what listens there, or give another: --set ${name}=...` }
    : { what, found, ok: null, remedy: "this machine may not need it; otherwise look at the address" };
}

/** A host and a port, as many write an address. `localhost:3000` would even be a URL, of the scheme `localhost`. */
function refuseWithoutScheme(name: string, value: string): void {
  if (!/^(?:[\w-]+\.)*[\w-]+(?::\d+)?(?:\/|$)|^\[[\da-f:]+\]/i.test(value)) return;
  const shown = withoutCredentials(value);
  throw new RangeError(`${name}=${shown}: has no scheme; allowed: a URL, as in http://${shown}`);
}

/** @throws an error in one line that names the address at which nothing listens. */
export async function refuseUnanswered(
  declared: Declared,
  given: Readonly<Record<string, string | undefined>>,
  receiverPort: number,
): Promise<void> {
  const dead = (await askAddresses(declared, given, receiverPort)).find(({ ok }) => ok === false);
  if (dead !== undefined) throw new Error(`${dead.what} ${dead.found}: ${dead.remedy}`);
}
