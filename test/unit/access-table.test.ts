/** The table of docs/access.md: every cell names variables that its test has, and no way in is missing. */
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
const NAMES =
  TABLE[head]?.slice(1).map((cell) =>
    cell
      .trim()
      .replace(/ \(.*|^\[(.*)\].*/, "$1")
      .trim(),
  ) ?? [];
const ROWS = TABLE.slice(head + 2).slice(
  0,
  TABLE.slice(head + 2).findIndex(([first]) => first?.startsWith(" HTTP proxy")),
);

/** The names in a column of the table. */
function namesIn(column: number): string[] {
  return ROWS.flatMap((cells) =>
    [...(cells[column + 1] ?? "").matchAll(/`([A-Z_0-9]+)`/g)].map(([, name]) => name as string),
  );
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

test("has a column for each system", () => expect(NAMES).toEqual(Object.keys(WAYS)));

describe.each(Object.keys(WAYS))("the column of %s", (name) => {
  const named = namesIn(NAMES.indexOf(name));

  test("names variables that it has", () => {
    expect(named.filter((variable) => VARIABLES[name]?.includes(variable) !== true)).toEqual([]);
  });

  test("names each way in once", () => {
    expect([...named].sort()).toEqual([...(WAYS[name] ?? [])].filter((variable) => !BESIDE.test(variable)).sort());
  });
});
