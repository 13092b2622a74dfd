/** The table of docs/access.md: every name is a variable that its test has, and no way in is missing. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { OWN_WAYS_IN, SOCKET_WAYS_IN, waysIn } from "../../systems/access.ts";
import { variablesOf } from "../../systems/variables.ts";

const TABLE = readFileSync(join(import.meta.dirname, "../../docs/access.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1));
const head = TABLE.findIndex(([first]) => first?.trim() === "way in");
const ROWS = TABLE.slice(head + 2).slice(
  0,
  TABLE.slice(head + 2).findIndex(([first]) => first?.startsWith(" HTTP proxy")),
);

/** Those that share a column: a name in it stands for one of each, unless a prefix beside it says of which. */
const PREFIXES: Readonly<Record<string, string>> = {
  ...{ http: "HTTP_", websocket: "WS_", ingest: "INGEST_", webhook: "SIGNALS_", "your own": "TARGET_" },
};
/** Those that have one of their own. */
const COLUMNS: Readonly<Record<string, number>> = { nats: 2, redis: 3 };

const namesIn = (cell = "") => [...cell.matchAll(/`([A-Z_0-9]+)`/g)].map(([, name]) => name as string);

/** The variables that the table has for one system. */
function namedFor(system: string): string[] {
  const prefix = PREFIXES[system];
  if (prefix === undefined) return ROWS.flatMap((cells) => namesIn(cells[COLUMNS[system] as number]));
  return ROWS.flatMap((cells) => {
    const names = namesIn(cells[1]);
    const [alone, rest] = [names.filter((name) => name.endsWith("_")), names.filter((name) => !name.endsWith("_"))];
    if (alone.length > 0 && !alone.includes(prefix)) return [];
    const isWhole = (name: string) => Object.values(PREFIXES).some((one) => name.startsWith(one));
    return rest.flatMap((name) => (!isWhole(name) ? [prefix + name] : name.startsWith(prefix) ? [name] : []));
  });
}

const VARIABLES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    (["http", "websocket", "ingest", "webhook", "nats", "redis"] as const).map((name) => [
      name,
      Object.keys(variablesOf(name)),
    ]),
  ),
  "your own": Object.keys(OWN_WAYS_IN),
};

/** What belongs to a token that is renewed is told below the table. */
const BESIDE = /_TOKEN_(FORM|LASTS)$/;

const WAYS: Readonly<Record<string, readonly string[]>> = {
  http: Object.keys(waysIn("HTTP")),
  websocket: [...Object.keys(waysIn("WS")), ...Object.keys(SOCKET_WAYS_IN)],
  ingest: Object.keys(waysIn("INGEST")),
  webhook: [...Object.keys(waysIn("SIGNALS")), "SIGNALS_USER", "SIGNALS_PASSWORD"],
  nats: ["USER", "PASSWORD", "NKEY", "TOKEN", "CREDS", "CERT", "KEY", "CA"].map((name) => `NATS_${name}`),
  redis: ["REDIS_URL", "REDIS_CERT", "REDIS_KEY", "REDIS_CA", "REDIS_INSECURE"],
  "your own": Object.keys(OWN_WAYS_IN),
};

describe.each(Object.keys(WAYS))("the names of %s", (name) => {
  const named = namedFor(name);

  test("are variables that it has", () => {
    expect(named.filter((variable) => VARIABLES[name]?.includes(variable) !== true)).toEqual([]);
  });

  test("are each way in once", () => {
    expect([...named].sort()).toEqual([...(WAYS[name] ?? [])].filter((variable) => !BESIDE.test(variable)).sort());
  });
});
