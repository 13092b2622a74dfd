/** What each test's target is asked, beyond whether somebody listens: the address, the path, the login, the stream. */
import type { Settings } from "../../../k6/support/settings.ts";
import type { RunnableTest } from "../../../systems/variables.ts";
import type { PlannedTest } from "../../run/request.ts";
import type { Check } from "../checks.ts";
import { endpointsCheck } from "./http.ts";
import { messagesCheck } from "./ingest.ts";
import { streamCheck } from "./nats.ts";
import { entriesCheck } from "./redis.ts";
import { signalsCheck } from "./webhook.ts";
import { handshakeCheck } from "./websocket.ts";

type Doors = { readonly [Test in RunnableTest]: { readonly url: string; readonly check: DoorCheck<Test> } };
type DoorCheck<Test extends RunnableTest> = (settings: Settings<Test>) => Promise<Check>;

/** By test: the name of its address, as in `--ws-url`, and the check that needs it. */
const DOORS: Doors = {
  http: { url: "http", check: endpointsCheck },
  websocket: { url: "ws", check: handshakeCheck },
  nats: { url: "nats", check: streamCheck },
  redis: { url: "redis", check: entriesCheck },
  ingest: { url: "ingest", check: messagesCheck },
  webhook: { url: "signals", check: signalsCheck },
};

/**
 * Asks the doors of tests, all at once.
 *
 * @param reached names of the addresses at which somebody listens.
 */
export function doorChecks(tests: readonly PlannedTest[], reached: ReadonlySet<string>): Promise<Check[]> {
  return Promise.all(tests.filter(({ test }) => reached.has(DOORS[test]?.url)).map(checkDoor));
}

async function checkDoor({ test, settings }: PlannedTest): Promise<Check> {
  // A test's settings are those of its own name.
  const { check } = DOORS[test] as { readonly check: (settings: unknown) => Promise<Check> };
  try {
    return await check(settings);
  } catch (problem) {
    const found = problem instanceof Error ? problem.message : String(problem);
    return { what: `${test} credentials`, found, ok: false, remedy: "docs/access.md has the ways in" };
  }
}
