import type { RunnableTest } from "../../systems/variables.ts";
import { handed } from "./handed.ts";
import { lead } from "./lead.ts";
import type { Settings } from "./settings.ts";

/**
 * What a test is told. To be called in the init context.
 *
 * @throws a string of one line, as `settings()` does: k6 ends with 107 before any load.
 */
export function settingsOf<T extends RunnableTest>(test: T): Settings<T> {
  const read = () => lead?.settings(test) as Settings<T>;
  // The run is judged as a whole: the others know nothing of what it is held to.
  return handed(`settings of ${test}`, read, (all) => ({ ...all, slos: [], changes: [], foreseen: null }));
}
