/** How new rows of a table are found: by a key that grows, or else by the time of insertion. Pure. */
import { type Columns, quoted } from "./columns.ts";

const WHOLE_NUMBERS = ["smallint", "integer", "bigint"];
const TEXTS = /^(text|character varying|character)\b/;

/** Writers that set the time of insertion themselves may be so far behind the database's clock, in microseconds. */
const SLACK = 30_000_000;
/** A row from further ahead than this says nothing of which rows are new. */
const AHEAD = "interval '1 minute'";

/** A place in the order of rows is a whole number: a key, or microseconds since 1970. */
export interface Cursor {
  /** The place of a row. */
  readonly place: string;
  /** What rows are sorted by. */
  readonly order: string;
  /** How far below the last place rows of others' clocks may come. */
  readonly slack: number;
  /** The last place there is, or 0. */
  readonly last: string;
  /** A condition on rows behind a place. @param parameter as in `$1`. */
  behind(parameter: string): string;
  /** At most so many rows; those with the same place are never torn apart. */
  limit(rows: string): string;
}

/** The keys of a table as SQL, and rows by them. */
export interface Key {
  readonly isNumber: boolean;
  /** A condition on rows with one of these keys. @param parameter as in `$1`. */
  among(parameter: string): string;
}

/** How keys of a type are compared with those that were read. */
export function keyOf({ id }: Columns, type: string): Key {
  const isNumber = WHOLE_NUMBERS.includes(type);
  const key = quoted(id);
  return {
    isNumber,
    among: (parameter) => {
      if (isNumber) return `${key} = any(${parameter}::bigint[])`;
      if (type === "uuid") return `${key} = any(${parameter}::uuid[])`;
      return TEXTS.test(type) ? `${key} = any(${parameter}::text[])` : `${key}::text = any(${parameter}::text[])`;
    },
  };
}

/** The time of insertion as an instant. One without a zone is meant in the zone that the database would write it in. */
export function instantOf(column: string, type: string): string {
  const isWithoutZone = type.startsWith("timestamp") && type.endsWith("without time zone");
  return isWithoutZone ? `${quoted(column)} at time zone current_setting('TimeZone')` : quoted(column);
}

/** New rows by a key that is a whole number: a reading costs what is new, and not what is there. */
export function byKey({ id }: Columns): Cursor {
  const key = quoted(id);
  return {
    place: `${key}::text`,
    order: key,
    slack: 0,
    last: `coalesce(max(${key}), 0)::float8`,
    behind: (parameter) => `${key} > ${parameter}`,
    limit: (rows) => `limit ${rows}`,
  };
}

/** New rows by their time of insertion, where keys say nothing of their order. @param type of the column. */
export function byTime(column: string, type: string): Cursor {
  const time = quoted(column);
  const instant = instantOf(column, type);
  // The column stands alone, so that an index on it serves.
  const inItsType = (moment: string) =>
    instant === time ? moment : `(${moment}) at time zone current_setting('TimeZone')`;
  return {
    place: `(extract(epoch from ${instant}) * 1000000)::bigint::text`,
    order: time,
    slack: SLACK,
    last: `coalesce(extract(epoch from least(max(${instant}), now())) * 1000000, 0)::bigint::float8`,
    behind: (parameter) => {
      const since = `timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond'`;
      return `${time} > ${inItsType(since)} and ${time} < ${inItsType(`now() + ${AHEAD}`)}`;
    },
    limit: (rows) => `fetch first ${rows} rows with ties`,
  };
}
