import type { RunnableTest } from "../../systems/variables.ts";
import { handed } from "./handed.ts";
import { lead } from "./lead.ts";
import type { Settings } from "./settings.ts";

/**
 * What a test is told. To be called in the init context.
 *
 * @param forOthers what virtual users but the first are told instead: each reads it, and 1 KB takes 40 KB.
 * @throws a string of one line, as `settings()` does: k6 ends with 107 before any load.
 */
export function settingsOf<T extends RunnableTest>(test: T, forOthers: Partial<Settings<T>> = {}): Settings<T> {
  const read = () => lead?.settings(test) as Settings<T>;
  // The run is judged as a whole: the others know nothing of what it is held to.
  const unknown = { slos: [], changes: [], foreseen: null, ...forOthers };
  return handed(`settings of ${test}`, read, (all) => ({ ...all, ...unknown }));
}
