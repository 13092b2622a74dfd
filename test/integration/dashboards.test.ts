/** Every query of every panel, on databases that a recorded run has filled. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, startInfluxd, startPrometheus } from "../../cli/databases.ts";
import type { EthhookPipeline } from "../../cli/ethhook.ts";
import type { Pipeline } from "../../cli/pipeline.ts";
import { boards } from "../../deploy/grafana/boards.ts";
import { LANGUAGES } from "../../deploy/grafana/files.ts";
import type { Language } from "../../deploy/grafana/language.ts";
import { TREND_STATS } from "../../deploy/grafana/promql.ts";
import type { Account } from "../../workload/account.ts";
import { type Asked, ask, type Chosen } from "./asking.ts";
import { startEthhookPipeline } from "./ethhook-run.ts";
import { root, runBundle } from "./k6.ts";
import { startTold } from "./pipeline.ts";

const RUN = "recorded";
const REDIS_RUN = "recorded-redis";
const OVERLOAD = "overloaded";
const SETTLED = { DRAIN_QUIET: "2s", CANARY_TIMEOUT: "30s" };
/** More than one publisher can send: k6 drops iterations for want of virtual users. */
const TOO_MUCH = { RUN_ID: OVERLOAD, RATE: "4000", EVENTS: "4000", WORKERS: "1" };

const started: { close(): Promise<void> }[] = [];
const databases: Partial<Record<Language["name"], Database>> = {};
let chosen: Chosen;
let accountsOf: () => Promise<Account[]>;

beforeAll(async () => {
  const from = Date.now();
  const influxdb = await startInfluxd();
  started.push({ close: influxdb.stop });
  databases.influxdb = influxdb;
  const flags = ["--influxdb", `${influxdb.url}/k6`];
  // One delivery in 300 is dropped, so that there is a fault to be marked.
  const [pulse, ethhook] = await Promise.all([startTold(["drop=300"], flags), startEthhookPipeline(false, flags)]);
  started.push(pulse, ethhook);
  await ethhook.startTarget();
  databases.prometheus = await startPrometheus([pulse.receiver.url, ethhook.receiver.url]);
  started.push({ close: databases.prometheus.stop });
  await record(pulse, ethhook);
  accountsOf = async () =>
    Promise.all([accountOf(pulse.receiver.url, RUN), accountOf(ethhook.receiver.url, REDIS_RUN)]);
  await Promise.all([written(pulse), written(ethhook), scraped(pulse, databases.prometheus.url)]);
  chosen = {
    testid: [RUN, REDIS_RUN, OVERLOAD],
    test: ["http", "websocket", "nats", "redis"],
    scenario: ["smoke"],
    from,
    to: Date.now(),
  };
}, 180_000);

afterAll(async () => {
  for (const each of started.splice(0).reverse()) await each.close();
});

/** A short run of every test, sent to both databases at once. */
async function record(pulse: Pipeline, ethhook: EthhookPipeline): Promise<void> {
  const environment = {
    K6_PROMETHEUS_RW_SERVER_URL: `${databases.prometheus?.url}/api/v1/write`,
    K6_PROMETHEUS_RW_TREND_STATS: TREND_STATS,
    K6_PROMETHEUS_RW_PUSH_INTERVAL: "1s",
  };
  // Boards read what k6's own output writes, and what ours folds before it leaves k6.
  const run = async (name: string, variables: Record<string, string>, output = "influxdb") => {
    const K6_OUT = `${output}=${databases.influxdb?.url}/k6,experimental-prometheus-rw`;
    const { errors } = await runBundle(name, { ...SETTLED, ...variables }, "k6", { ...environment, K6_OUT });
    // Missed objectives are expected here; a database that takes nothing is not.
    expect(errors.filter((error) => !error.startsWith("thresholds on metrics"))).toEqual([]);
  };
  const shared = { RUN_ID: RUN, RECEIVER_URL: pulse.receiver.url };
  const nats = { NATS_URL: pulse.nats.url, CREATE_STREAM: "1" };
  const short = { VUS: "6", DURATION: "90s", PING_EVERY: "500ms", END_WHEN_SETTLED: "1" };
  await Promise.all([
    run("websocket", { ...shared, ...short, WS_URL: pulse.gateway.wsUrl as string }),
    run("nats", { ...shared, ...nats, RATE: "300", DURATION: "5s" }),
  ]);
  await Promise.all([
    run("http", { RUN_ID: RUN, HTTP_URL: pulse.gateway.url, DURATION: "4s", VUS: "2", THINK_TIME: "100ms" }),
    run(
      "redis",
      {
        RUN_ID: REDIS_RUN,
        REDIS_URL: ethhook.redis.url,
        RECEIVER_URL: ethhook.receiver.url,
        EVENTS: "500",
        RATE: "200",
      },
      "throughline",
    ),
  ]);
  await run("nats", { ...nats, ...TOO_MUCH });
  await run(
    "redis",
    { ...TOO_MUCH, RECEIVER_URL: "none", REDIS_URL: ethhook.redis.url, STREAM: "overloaded" },
    "throughline",
  );
}

/** Waits until a receiver has written all that it knows. */
async function written({ receiver }: { receiver: { url: string } }): Promise<void> {
  const health = async () =>
    (await (await fetch(`${receiver.url}/health`)).json()) as { influxdb: Record<string, number> };
  const before = (await health()).influxdb["written"] as number;
  // Settled runs are told once more, by their end; after that there is nothing new.
  for (let last = before, same = 0; same < 15; await pause(100)) {
    const { influxdb } = await health();
    expect(influxdb).toMatchObject({ dropped: 0, failures: 0 });
    same = influxdb["written"] === last && influxdb["waiting"] === 0 ? same + 1 : 0;
    last = influxdb["written"] as number;
  }
}

/** Waits until Prometheus has asked a receiver after the end of its run. */
async function scraped({ receiver }: Pipeline, prometheus: string): Promise<void> {
  const query = encodeURIComponent(`throughline_settled_timestamp_ms{instance="${new URL(receiver.url).host}"}`);
  for (;;) {
    const answer = (await (await fetch(`${prometheus}/api/v1/query?query=${query}`)).json()) as Asked["raw"];
    if (JSON.stringify(answer).includes('"value"')) return;
    await pause(100);
  }
}

async function accountOf(receiver: string, run: string): Promise<Account> {
  return (await (await fetch(`${receiver}/runs/${run}`)).json()) as Account;
}

test("InfluxDB holds what the receivers account for, by every output", async () => {
  for (const { run, published, delivered, lost, latency } of await accountsOf()) {
    const value = async (query: string) => {
      const asked = await ask(
        "influxdb",
        databases.influxdb?.url as string,
        query,
        { ...chosen, testid: [run] },
        "instant",
      );
      return Number(asked.texts[0]);
    };
    const ofRun = '"testid" =~ /^$testid$/';
    expect(published).toBeGreaterThan(0);
    expect(await value(`SELECT sum("value") FROM "events_published" WHERE ${ofRun}`)).toBe(published);
    expect(await value(`SELECT last("published") FROM "throughline_account" WHERE ${ofRun}`)).toBe(published);
    expect(await value(`SELECT last("delivered") FROM "throughline_account" WHERE ${ofRun}`)).toBe(delivered);
    expect(await value(`SELECT last("lost") FROM "throughline_account" WHERE ${ofRun}`)).toBe(lost);
    expect(await value(`SELECT last("p99") FROM "throughline_account" WHERE ${ofRun}`)).toBe(latency.p99);
  }
});

interface Row {
  readonly board: string;
  readonly panel: string;
  readonly queries: number;
  readonly points: Partial<Record<Language["name"], number>>;
}

const table = new Map<string, Row>();

describe.each(LANGUAGES)("on $title", (language) => {
  describe.each(boards(root))("the board $name", (board) => {
    const panels = board.rows.flatMap((row) =>
      row.panels.map((panel) => [`${row.title} / ${panel.title}`, panel] as const),
    );

    test.each(panels)("%s", async (name, panel) => {
      let points = 0;
      for (const series of panel.series) {
        const look = panel.look === "value" ? "instant" : "range";
        const asked = await ask(
          language.name,
          databases[language.name]?.url as string,
          language.query(panel, series),
          chosen,
          look,
        );
        expect(asked.points, `${language.query(panel, series)}\n${JSON.stringify(asked.raw)}`).toBeGreaterThan(0);
        points += asked.points;
      }
      const key = `${board.name} ${name}`;
      const row = table.get(key) ?? { board: board.name, panel: name, queries: panel.series.length, points: {} };
      table.set(key, { ...row, points: { ...row.points, [language.name]: points } });
    });

    test("what is chosen above it can be chosen, and what is marked is marked", async () => {
      const url = databases[language.name]?.url as string;
      for (const [name, query] of Object.entries(language.choices(board.test ?? undefined))) {
        const { texts } = await ask(language.name, url, query, chosen, "choice");
        expect(texts, query).toEqual(
          expect.arrayContaining([...chosen[name as "testid" | "test" | "scenario"]].slice(0, 1)),
        );
      }
      for (const query of Object.values(language.marks)) {
        expect((await ask(language.name, url, query, chosen, "range")).points, query).toBeGreaterThan(0);
      }
    });
  });
});

/** The table in docs/, renewed by `RENEW_DOCS=1 npx vitest run --project integration test/integration/dashboards.test.ts`. */
test("the table of panels, queries and points", () => {
  const rows = [...table.values()];
  const path = join(root, "docs/panels.md");
  const text = render(rows);
  if (process.env["RENEW_DOCS"] === "1") writeFileSync(path, text);
  const names = (page: string) => page.split("\n").map((line) => line.split(" | ").slice(0, 3).join(" | "));
  expect(names(readFileSync(path, "utf8"))).toEqual(names(text));
  for (const board of new Set(rows.map((row) => row.board))) {
    const own = rows.filter((row) => row.board === board);
    const sum = (of: (row: Row) => number) => own.reduce((total, row) => total + of(row), 0);
    const points = LANGUAGES.map(({ name, title }) => `${title} ${sum((row) => row.points[name] ?? 0)} points`);
    console.log(`${board}: ${own.length} panels, ${sum((row) => row.queries)} queries, ${points.join(", ")}`);
  }
});

function render(rows: readonly Row[]): string {
  const lines = rows.map(
    ({ board, panel, queries, points }) =>
      `| ${board} | ${panel} | ${queries} | ${points.influxdb ?? "-"} | ${points.prometheus ?? "-"} |`,
  );
  return `# Panels, queries and points

What every panel's queries returned in the last recorded run, as \`test/integration/dashboards.test.ts\` asked them.

| board | panel | queries | points from InfluxDB | points from Prometheus |
| --- | --- | --- | --- | --- |
${lines.join("\n")}
`;
}
