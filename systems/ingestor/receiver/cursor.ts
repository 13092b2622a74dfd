/** Ways to find new rows of a table: by a growing key, or else by insertion time. Pure. */
import { type Columns, quoted } from "./columns.ts";

const WHOLE_NUMBERS = ["smallint", "integer", "bigint"];
const TEXTS = /^(text|character varying|character)\b/;

/** How far writers that set the insertion time themselves may be behind the database's clock, in microseconds. */
const SLACK = 30_000_000;
/** Rows from further in the future say nothing about which rows are new. */
const AHEAD = "interval '1 minute'";

/** The position of a row in its order is an integer: a key, or microseconds since 1970. */
export interface Cursor {
  /** The position of a row. */
  readonly place: string;
  /** The sort key. */
  readonly order: string;
  /** How far below the last position rows with other clocks may come. */
  readonly slack: number;
  /** The last position, or 0. */
  readonly last: string;
  /** A condition for rows after a position. @param parameter such as `$1`. */
  behind(parameter: string): string;
  /** Limits the number of rows, without separating rows at the same position. */
  limit(rows: string): string;
}

/** The keys of a table as SQL, and conditions on them. */
export interface Key {
  readonly isNumber: boolean;
  /** A condition for rows with one of these keys. @param parameter such as `$1`. */
  among(parameter: string): string;
}

/** How keys of a type are compared with keys that were read. */
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

/** The insertion time as an instant. A timestamp without a zone is in the zone of the database's session. */
export function instantOf(column: string, type: string): string {
  const isWithoutZone = type.startsWith("timestamp") && type.endsWith("without time zone");
  return isWithoutZone ? `${quoted(column)} at time zone current_setting('TimeZone')` : quoted(column);
}

/** New rows by an integer key: a reading costs as much as there are new rows, not as there are rows. */
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

/** New rows by insertion time, where keys have no order. @param type of the column. */
export function byTime(column: string, type: string): Cursor {
  const time = quoted(column);
  const instant = instantOf(column, type);
  // The bare column, so that an index on it can be used.
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
