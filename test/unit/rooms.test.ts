/** One system's words stand in its room, and in the lists of systems: nowhere else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nextStep } from "../../cli/run/next-steps.ts";
import { foresee } from "../../core/foresight.ts";
import { count, perEvent } from "../../core/metric.ts";
import { publishingPlan } from "../../core/plan.ts";
import { renderSummary } from "../../core/rendering.ts";
import { openRooms, type Room } from "../../core/room.ts";
import { hold, shape } from "../../core/shape.ts";
import { slo } from "../../core/slo.ts";
import { summarize } from "../../core/summary.ts";
import { TESTS } from "../../scenarios.ts";
import { ROOMS } from "../../systems/rooms.ts";
import { evidenceOf, inputOf } from "./records.ts";

const root = join(import.meta.dirname, "../..");

/** General code. Entries of k6/, the tables of the front door and the lists in systems/ choose among systems. */
const GENERAL = ["core", "k6/support", "k6/own", "receiver", "cli", "deploy/grafana"];

/** What each system calls its own, beside its metrics. */
const WORDS = [
  ...["pulse", "gateway", "watermark", "manifests", "halts"],
  ...["ethhook", "hmac_secret", "delivery_queue", "XPENDING", "Solidity"],
  ...["ingestor", "message_id"],
  ...["signal webhook", "SIGNALS_", "INGEST_"],
];

const metrics = ROOMS.flatMap((room) => Object.values(room.metrics).flatMap((family) => Object.keys(family)));
const own = new RegExp(`(?:\\b|_)(${[...WORDS, ...metrics].join("|")})`, "i");

const files = GENERAL.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name)),
);

/** Lines with a system's word. Examples on the command line, and imports of the lists, name systems. */
function linesOf(file: string): string[] {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return lines.filter((line) => {
    const word = own.exec(line)?.[1];
    const isExample = /^\s+(throughline |`?\s*throughline )/.test(line);
    return word !== undefined && !isExample;
  });
}

test("general code has no system's words", () => {
  expect(files.length).toBeGreaterThan(150);
  expect(files.flatMap((file) => linesOf(file).map((line) => `${file}: ${line.trim()}`))).toEqual([]);
});

/** Names of tests that name a transport there, a scheme or a family of metrics. */
const TRANSPORTS: Readonly<Record<string, readonly string[]>> = {
  "cli/doctor/command.ts": ["http"],
  "cli/init.ts": ["http", "webhook"],
  "cli/own/templates.ts": ["webhook"],
  "cli/redis-server.ts": ["redis"],
  "cli/run/plan.ts": ["http", "nats", "redis"],
  "core/nextstep.ts": ["http"],
  "core/variables.ts": ["http"],
  "deploy/grafana/own.ts": ["websocket"],
  "k6/own/connection.ts": ["websocket"],
  "k6/own/subscribers.ts": ["websocket"],
  "k6/own/visitors.ts": ["http"],
  "k6/support/door.ts": ["http", "websocket"],
  "k6/support/judge.ts": ["websocket"],
  "k6/support/statuses.ts": ["http"],
  "receiver/influxdb-address.ts": ["http"],
  "systems/access.ts": ["http"],
};
const DERIVED = ["access", "kinds", "metrics", "own", "remote", "rooms", "variables"].map(
  (name) => `systems/${name}.ts`,
);

test("general code names no test", () => {
  const quoted = new RegExp(`"(${TESTS.join("|")})"`, "g");
  const found = [...files, ...DERIVED, "scenarios.ts", "thresholds.ts"].flatMap((file) => {
    const names = [...readFileSync(join(root, file), "utf8").matchAll(quoted)].map(([, name]) => name as string);
    return [...new Set(names)].map((name) => [file, name]);
  });
  const allowed = Object.entries(TRANSPORTS).flatMap(([file, names]) => names.map((name) => [file, name]));
  expect(found.toSorted()).toEqual(allowed.toSorted());
});

test("a system is known everywhere by its room and one line in the list", () => {
  const toy: Room = {
    tests: {},
    metrics: { toy: { toys_broken: perEvent(count("toys that came broken")) } },
    nextSteps: [[/^toys_broken$/, () => "look at the wrapping"]],
    tells: () => ["  toys       all of them"],
  };
  try {
    openRooms([...ROOMS, toy]);
    const broken = slo("toys_broken").countOf(100);
    const small = publishingPlan(shape([hold(1, "10s")]), {});
    expect(foresee(small, [broken.is(0)], 1)).toContain("10 events are too few to judge toys_broken");
    const summary = summarize(inputOf({ slos: [broken.is(0)] }));
    expect(summary.reasons[0]?.text).toContain("toys_broken (toys that came broken)");
    const [row = null] = summary.rows;
    const missed = row && { ...row, result: "missed" as const };
    expect(nextStep({ row: missed, log: null }, evidenceOf({}))).toBe("look at the wrapping");
    expect(renderSummary(summary)).toContain("toys       all of them");
  } finally {
    openRooms(ROOMS);
  }
});

test("no metric is of two systems", () => {
  expect(metrics).toEqual([...new Set(metrics)]);
});
