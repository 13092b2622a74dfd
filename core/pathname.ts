/** The name of a subscription: its process, which the receiver needs, and where it leads, which people need. Pure. */

/** A longer one would break every table; the receiver takes 128 characters with the process. */
const LONGEST = 90;

/** Where a subscription leads. */
interface Place {
  /** The path that it belongs to, where that has a name. */
  readonly to?: string;
  /** The virtual user that holds it. */
  readonly connection: number;
  /** How many that one has opened so far, this one included. */
  readonly opened: number;
  /** What it selects, in words. */
  readonly selects?: string;
}

/** The name that a subscriber reports; no two are equal. @param instance its k6 process. */
export function reportedName(instance: string, { to, connection, opened, selects }: Place): string {
  const place = [
    ...(to === undefined ? [] : [to]),
    `connection ${connection}`,
    ...(opened === 1 ? [] : [`subscription ${opened}`]),
  ].join(", ");
  return `${instance}/${shortened(selects === undefined ? place : `${place} (${selects})`)}`;
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`;
}

/** The process of a k6 run, as `openRun` names it. */
const INSTANCE = /^\d{8}-\d{6}-[0-9a-f]{6}\//;

/** The name for people: without the process, unless another subscription has that name. */
export function shownName(reported: string, isTaken: (name: string) => boolean): string {
  const name = reported.replace(INSTANCE, "");
  return name === "" || isTaken(name) ? reported : name;
}
