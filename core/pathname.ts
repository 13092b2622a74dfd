/** Names of paths: those that a pipeline gives, and those of subscriptions, which say where they lead. Pure. */

/** The longest name that a pipeline gives. */
export const LONGEST_PATH = 128;
/** What it may be, where it is not a subscription's: a part of a URL, too. */
export const PATH_NAME = /^[^\s/][^\s]{0,127}$/;

/** A longer one would break every table; the receiver takes 128 characters with the process. */
const LONGEST = 90;

/** Where a subscription leads. */
interface Place {
  /** The path that it belongs to, where that has a name; then that says what it selects. */
  readonly to?: string;
  /** The virtual user that holds it. */
  readonly connection: number;
  /** How many that one has opened so far, this one included. */
  readonly opened: number;
  /** What it selects, in words. */
  readonly selects?: string;
}

/** The name that a subscriber reports; no two are equal, because its numbers are whole. @param instance its k6 process. */
export function reportedName(instance: string, { to, connection, opened, selects }: Place): string {
  const numbers = `connection ${connection}${opened === 1 ? "" : `, subscription ${opened}`}`;
  if (to !== undefined) return `${instance}/${shortened(to, LONGEST - numbers.length - 2)}, ${numbers}`;
  if (selects === undefined) return `${instance}/${numbers}`;
  return `${instance}/${numbers} (${shortened(selects, LONGEST - numbers.length - 3)})`;
}

/** Paths and selections differ at their ends, if they begin alike: the middle is left out. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 3) / 2);
  return `${text.slice(0, head)}...${text.slice(head + 3 - most)}`;
}

/** The process of a k6 run, as `openRun` names it. */
const INSTANCE = /^\d{8}-\d{6}-[0-9a-f]{6}\//;

/** The name for people: without the process, unless another subscription has that name. */
export function shownName(reported: string, isTaken: (name: string) => boolean): string {
  const name = reported.replace(INSTANCE, "");
  return name === "" || isTaken(name) ? reported : name;
}
