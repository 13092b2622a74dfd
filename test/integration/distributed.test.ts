/** One run by several k6 processes, each with its execution segment, as k6-operator starts them. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Account } from "../../core/account.ts";
import type { Pipeline } from "../../systems/pulse/cli/start.ts";
import { root } from "./k6.ts";
import { startPipeline } from "./pipeline.ts";
import { untimed } from "./untimed.ts";

const THRESHOLDS_CROSSED = 99;
const ABORTED = 108;
const DEADLINE_MS = 60_000;

const NATS = { RATE: "500", EVENTS: "1500", CREATE_STREAM: "1", DRAIN_QUIET: "2s", DRAIN_TIMEOUT: "8s" };
/** Nobody waits long for a publisher that is dead. */
const IMPATIENT = { DRAIN_TIMEOUT: "4s", DRAIN_QUIET: "2s" };
const WEBSOCKET = { VUS: "8", DURATION: "60s", PING_EVERY: "500ms", END_WHEN_SETTLED: "1", ...NATS };

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await startPipeline();
});
afterAll(() => pipeline?.close());

/** One k6 process. */
interface Instance {
  readonly over: Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }>;
  kill(): void;
}

/** A run whose parts are started one by one; what is left of them ends with the test. */
class DistributedRun {
  private readonly shared: Readonly<Record<string, string>>;
  private readonly url: string;

  constructor(id: string) {
    this.shared = { RUN_ID: id, RECEIVER_URL: pipeline.receiver.url };
    this.url = `${pipeline.receiver.url}/runs/${id}`;
  }

  /** Publisher `place` of so many, which begins when all of them have joined. */
  publisher(place: number, of: number, variables: Readonly<Record<string, string>> = {}): Instance {
    const settings = { ...NATS, NATS_URL: pipeline.nats.url, INSTANCES: String(of), ...variables };
    return this.start("nats", place, of, settings);
  }

  publishers(of: number, variables: Readonly<Record<string, string>> = {}): Instance[] {
    return Array.from({ length: of }, (_, place) => this.publisher(place, of, variables));
  }

  /** Eight subscriptions, held by so many processes. */
  subscribers(of: number, variables: Readonly<Record<string, string>> = {}): Instance[] {
    const { RATE, EVENTS, CREATE_STREAM, ...own } = WEBSOCKET;
    const settings = { ...own, WS_URL: pipeline.gateway.wsUrl as string, ...variables };
    return Array.from({ length: of }, (_, place) => this.start("websocket", place, of, settings));
  }

  async account(): Promise<Account> {
    return (await (await fetch(this.url)).json()) as Account;
  }

  /** Waits until the account says so. */
  async until(holds: (account: Account) => boolean): Promise<void> {
    for (const deadline = Date.now() + DEADLINE_MS; Date.now() < deadline; await pause(50)) {
      if (holds(await this.account())) return;
    }
    throw new Error(`what was waited for did not come: ${JSON.stringify(await this.account())}`);
  }

  private start(
    name: "nats" | "websocket",
    place: number,
    of: number,
    variables: Readonly<Record<string, string>>,
  ): Instance {
    const bounds = Array.from({ length: of + 1 }, (_, bound) => (bound === of ? "1" : `${bound}/${of}`));
    const segment = `${bounds[place]}:${bounds[place + 1]}`;
    const all = untimed(name, { ...variables, ...this.shared });
    const settings = Object.entries(all).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
    const child = execa(
      join(root, "bin/k6"),
      [
        ...["run", "--quiet", "--address", "", "--execution-segment", segment],
        ...["--execution-segment-sequence", bounds.join(","), ...settings, `dist/${name}.js`],
      ],
      { cwd: root, reject: false, extendEnv: false, env: { PATH: process.env["PATH"] ?? "", GOGC: "400" } },
    );
    const kill = () => void child.kill("SIGKILL");
    onTestFinished(kill);
    const over = child.then(({ exitCode, stdout, stderr }) => ({
      exitCode,
      stdout: stdout.replace(/\s+/g, " "),
      stderr,
    }));
    return { over, kill };
  }
}

/** What must not depend on how many processes took part. */
function counts(account: Account) {
  const { ending, published, acknowledged, refused, unknown, paths, ready, silent } = account;
  const { expected, delivered, lost, duplicated, reordered, misrouted, late, unreported, unjudged } = account;
  const publication = { ending, published, acknowledged, refused, unknown };
  const deliveries = { expected, delivered, lost, duplicated, reordered, misrouted, late, unreported, unjudged };
  return { ...publication, ...deliveries, paths, ready, silent };
}

async function accountOf(id: string, subscribers: number, publishers: number): Promise<Account> {
  const run = new DistributedRun(id);
  const listening = run.subscribers(subscribers);
  // Publishers that begin before all processes have subscribed publish to fewer.
  await run.until(({ paths }) => paths === 8);
  await Promise.all([...listening, ...run.publishers(publishers)].map(({ over }) => over));
  return run.account();
}

test("the account of 4 publishers and 4 subscribers, and of 8 publishers, is that of one process each", async () => {
  const one = counts(await accountOf("one", 1, 1));
  expect(one).toMatchObject({ ending: "complete", published: 1_500, acknowledged: 1_500, paths: 8, ready: 8 });
  expect(one).toMatchObject({ lost: 0, duplicated: 0, misrouted: 0, reordered: 0, late: 0, unreported: 0, silent: 0 });
  expect(one.delivered).toBe(one.expected);
  expect(one.expected).toBeGreaterThan(1_000);
  expect(counts(await accountOf("four", 4, 4))).toEqual(one);
  expect(counts(await accountOf("eight", 1, 8))).toEqual(one);
});

describe("an instance that does not play its part spoils the run, with its reason", () => {
  test("one that dies", async () => {
    const run = new DistributedRun("dies");
    run.subscribers(1);
    const [first, dying] = run.publishers(2, IMPATIENT) as [Instance, Instance];
    await run.until(({ published }) => published > 500);
    dying.kill();
    const { exitCode, stdout } = await first.over;
    expect((await run.account()).ending).toBe("publisher missing");
    expect(exitCode).toBe(THRESHOLDS_CROSSED);
    expect(stdout).toContain("INVALID nats");
    expect(stdout).toMatch(/- account_settled \(.+?\): 0, must be value == 1/);
  });

  test("one that is started again and publishes its share a second time", async () => {
    const run = new DistributedRun("restarts");
    run.subscribers(1);
    const [first, dying] = run.publishers(2, IMPATIENT) as [Instance, Instance];
    await run.until(({ published }) => published > 500);
    dying.kill();
    const again = run.publisher(1, 2, IMPATIENT);
    const outcomes = await Promise.all([first.over, again.over]);
    const { duplicated, contested } = await run.account();
    expect(duplicated).toBeGreaterThan(0);
    expect(contested).toBeGreaterThan(0);
    for (const { exitCode, stdout } of outcomes) {
      expect(exitCode).toBe(THRESHOLDS_CROSSED);
      expect(stdout).toContain("INVALID nats");
      expect(stdout).toMatch(new RegExp(`- account_contested \\(.+?\\): ${contested}, must be count == 0`));
      expect(stdout).toMatch(
        new RegExp(`account_duplicated \\(.+?\\): ${duplicated} cannot be judged by count == 0: account_contested`),
      );
    }
  });

  test("one that publishes what another does, as two runs of one RUN_ID do, and each of both is named", async () => {
    const run = new DistributedRun("twice");
    run.subscribers(1);
    const both = [run.publisher(0, 1, { INSTANCES: "2" }), run.publisher(0, 1, { INSTANCES: "2" })];
    for (const { exitCode, stdout } of await Promise.all(both.map(({ over }) => over))) {
      expect(exitCode).toBe(THRESHOLDS_CROSSED);
      expect(stdout).toContain("INVALID nats");
      expect(stdout).toMatch(/- account_contested \(.+?\): [1-9]\d*, must be count == 0/);
      expect(stdout).toMatch(/event \d+ was sent twice, by publisher \d+ of \S+ at \S+ and by publisher \d+ of \S+ at/);
      expect(stdout).toContain("two publishers share RUN_ID=twice");
    }
    expect((await run.account()).contested).toBeGreaterThan(100);
  });

  test("one that comes when the others have settled the run, publisher or subscriber", async () => {
    const run = new DistributedRun("late");
    run.subscribers(1, { END_WHEN_SETTLED: "0" });
    // It does not wait for the other one.
    const alone = { INSTANCES: "1", EVENTS: "600" };
    await run.publisher(0, 2, alone).over;
    const settled = await run.account();
    expect(settled.ending).toBe("complete");
    const late = [run.publisher(1, 2, alone), ...run.subscribers(1)];
    for (const { exitCode, stderr } of await Promise.all(late.map(({ over }) => over))) {
      expect(exitCode).toBe(ABORTED);
      expect(stderr).toContain("run late is settled; take another RUN_ID");
    }
    // A subscriber that goes on compares its clock once more.
    const { clocks: _, ...after } = await run.account();
    expect(settled).toMatchObject(after);
  });
});
