/** Every query of every panel, on databases that a recorded run has filled. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Board, Panel, Series } from "../../deploy/grafana/board.ts";
import { boards } from "../../deploy/grafana/boards.ts";
import { LANGUAGES } from "../../deploy/grafana/files.ts";
import type { Language } from "../../deploy/grafana/language.ts";
import type { MetricName } from "../../systems/metrics.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { ask, type DatabaseAnswer } from "./asking.ts";
import { root } from "./k6.ts";
import { type Recording, record } from "./recording.ts";

/** What no short run samples on the boards of some tests: its panels are asked, and must have nothing to show. */
const UNSAMPLED: Partial<Record<MetricName, { readonly on: readonly RunnableTest[]; readonly because: string }>> = {
  account_backlog_growth: { on: ["websocket", "nats", "webhook"], because: "nobody there has a backlog to read" },
  account_insert_p95_ms: { on: ["websocket", "nats", "redis", "webhook"], because: "only ingest watches a table" },
  account_insert_p99_ms: { on: ["websocket", "nats", "redis", "webhook"], because: "only ingest watches a table" },
};

/** What only some runs sample: its panels are asked, and may have something to show. */
const OCCASIONAL: Partial<Record<MetricName, string>> = {
  dropped_iterations: "publishers keep their schedule by themselves, so that k6 drops none of theirs",
  unreachable_at: "a moment at which the target could not be reached",
  reached_again_at: "a moment at which it could be reached again",
  generator_paused_at: "a moment at which this machine stood still",
  ws_sessions_lost_at: "a moment at which the target closed a connection",
  generator_turn_ms: "measured where much comes at once to a user's own pipeline",
  ws_judged_share: "what a subscriber without a receiver says of itself",
  account_burst_p95_ms: "of a load in bursts",
  account_burst_p99_ms: "of a load in bursts",
  account_recovery_ms: "of a load in bursts",
  generator_lateness_ms: "measured beside the load too, in a scenario of its own",
  http_outage_ms: "measured beside the load, in a scenario of its own",
};

let recording: Recording;
beforeAll(async () => {
  recording = await record();
}, 180_000);
afterAll(() => recording?.close());

/** Why a series has nothing to show; null when it must show something. */
function whyUnsampled(test: string | null, series: Series): string | null {
  const unsampled = series.of === "k6" ? UNSAMPLED[series.metric as MetricName] : undefined;
  return unsampled?.on.some((name) => name === test) ? unsampled.because : null;
}

test("InfluxDB holds what the receivers account for, by every output", async () => {
  const { accounts, chosen, databases } = recording;
  for (const { run, published, delivered, lost, latency } of accounts) {
    const value = async (query: string) => {
      const asked = await ask("influxdb", databases.influxdb.url, query, { ...chosen, testid: [run] }, "instant");
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

/** A query of a panel, and what a database answered. */
interface Answer {
  readonly query: string;
  readonly asked: DatabaseAnswer;
}

const answers = new Map<string, Promise<readonly Answer[]>>();

/** What the queries of a panel return; each is asked once. */
function answersOf(language: Language, panel: Panel, place: string): Promise<readonly Answer[]> {
  const key = `${language.name} ${place}`;
  const known = answers.get(key) ?? answersNow(language, panel);
  answers.set(key, known);
  return known;
}

async function answersNow(language: Language, panel: Panel): Promise<readonly Answer[]> {
  const { chosen, databases } = recording;
  const look = panel.look === "value" || panel.look === "runs" ? "instant" : "range";
  const own: Answer[] = [];
  for (const series of panel.series) {
    const query = language.query(panel, series);
    own.push({ query, asked: await ask(language.name, databases[language.name].url, query, chosen, look) });
  }
  return own;
}

/** The panels of a board, by the names that they have in the table. */
function panelsOf({ rows }: Board): (readonly [string, Panel])[] {
  return rows.flatMap((row) => row.panels.map((panel) => [`${row.title} / ${panel.title}`, panel] as const));
}

describe.each(LANGUAGES)("on $title", (language) => {
  describe.each(boards(root))("the board $name", (board) => {
    test.each(panelsOf(board))("%s", async (name, panel) => {
      const own = await answersOf(language, panel, `${board.name} ${name}`);
      for (const [place, series] of panel.series.entries()) {
        const { query, asked } = own[place] as Answer;
        if (series.of === "k6" && Object.hasOwn(OCCASIONAL, series.metric)) continue;
        const told = `${query}\n${JSON.stringify(asked.raw)}`;
        const why = whyUnsampled(board.test, series);
        if (why === null) expect(asked.points, told).toBeGreaterThan(0);
        else expect(asked.points, `listed as never sampled, because ${why}: ${told}`).toBe(0);
      }
    });

    test("what is chosen above it can be chosen, and what is marked is marked", async () => {
      const { chosen, databases } = recording;
      const { url } = databases[language.name];
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

test("how many panels, queries and points each board has is told", async () => {
  const rows: Row[] = [];
  for (const board of boards(root)) {
    for (const [name, panel] of panelsOf(board)) {
      const points: Row["points"] = {};
      for (const language of LANGUAGES) {
        const own = await answersOf(language, panel, `${board.name} ${name}`);
        points[language.name] = own.reduce((sum, { asked }) => sum + asked.points, 0);
      }
      rows.push({ board: board.name, panel: name, queries: panel.series.length, points });
    }
  }
  expect(rows.length).toBeGreaterThan(0);
  for (const board of new Set(rows.map((row) => row.board))) {
    const own = rows.filter((row) => row.board === board);
    const sum = (of: (row: Row) => number) => own.reduce((total, row) => total + of(row), 0);
    const points = LANGUAGES.map(({ name, title }) => `${title} ${sum((row) => row.points[name] ?? 0)} points`);
    console.log(`${board}: ${own.length} panels, ${sum((row) => row.queries)} queries, ${points.join(", ")}`);
  }
});
