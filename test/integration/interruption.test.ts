/** Runs that are ended before their load is over: by a signal, by Ctrl-C in the wait for deliveries, by the death of a k6. */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { fanOut, out, pipeline, recordOf, throughline, useFanOut } from "./fan-out.ts";
import { untimedFlags } from "./untimed.ts";

useFanOut();

/** The ids of the processes that carry words in their arguments or variables, by Linux' own list. */
async function processesWith(...words: string[]): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const told = (pid: string, file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const lines = await Promise.all(
    pids.map(async (pid) => `${await told(pid, "cmdline")}${await told(pid, "environ")}`),
  );
  return pids.filter((_, place) => words.every((word) => lines[place]?.includes(word))).map(Number);
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(50)) {
    const seen = await look();
    if (seen !== undefined) return seen;
  }
  throw new Error(`waited in vain: ${what}`);
}

/** Waits until a run has published something, or so many events. */
function publishes(run: string, events = 1, receiver = pipeline.receiver.url): Promise<true> {
  return until(`run ${run} publishes`, async () => {
    const answer = await fetch(`${receiver}/runs/${run}`);
    const account = answer.ok ? ((await answer.json()) as { published: number }) : null;
    return account !== null && account.published >= events ? true : undefined;
  });
}

const LONG = ["--duration", "60s", "--rate", "200"];

// These wait for k6 to end in order, and can do so together.
test.concurrent.each([
  ["SIGTERM", []],
  ["SIGHUP", []],
  // Under npm one Ctrl-C comes twice. Of the same signal the second could be lost here before it is seen.
  ["SIGINT", ["SIGTERM"]],
] as const)("%s ends the run in order, with a partial record, also when %j follows at once", async (signal, again) => {
  const run = `ended-by-${signal}`;
  const running = fanOut(run, ...LONG);
  await publishes(run);
  for (const one of [signal, ...again]) running.kill(one);
  const { exitCode } = await running;
  expect(exitCode).toBe(3);
  const { verdict, complete, reasons, account } = await recordOf(run);
  expect({ verdict, complete }).toEqual({ verdict: "INVALID", complete: false });
  expect(reasons[0]?.text).toMatch(/^interrupted after \d+ s/);
  expect(account?.published).toBeGreaterThan(0);
  expect(await processesWith(`RUN_ID=${run}`)).toEqual([]);
});

test.concurrent("Ctrl-C in a long wait for deliveries keeps the account, and calls nothing lost", async () => {
  const run = "ended-while-waiting";
  const waits = ["--set", "DRAIN_QUIET=100s", "--set", "DRAIN_TIMEOUT=200s"];
  const load = ["--events", "400", "--rate", "200", "--fault", "drop=2", ...untimedFlags("websocket", "nats")];
  const running = throughline("run", "websocket", "nats", ...load, ...waits, "--out", out, "--run-id", run);
  const receiver = await until("k6 is told the receiver", async () => {
    const [pid] = await processesWith(`RUN_ID=${run}`, "nats.js", "bin/k6");
    const environment = pid === undefined ? "" : await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    return /\bRECEIVER_URL=([^\0]+)/.exec(environment)?.[1];
  });
  await publishes(run, 400, receiver);
  running.kill("SIGINT");
  const { exitCode, stdout } = await running;
  expect(exitCode, stdout).toBe(3);
  const { account, tests } = await recordOf(run);
  expect(account).toMatchObject({ ending: "interrupted", published: 400, lost: 0 });
  expect(account?.open).toBeGreaterThan(100);
  expect(tests.filter(({ summary }) => summary === null)).toEqual([]);
});

test.concurrent("a k6 that is killed ends the others and makes the run INVALID", async () => {
  const running = fanOut("killed", ...LONG);
  await publishes("killed");
  const [pid] = await processesWith("RUN_ID=killed", "nats.js", "bin/k6");
  process.kill(pid as number, "SIGKILL");
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(3);
  expect(stdout).toContain("nats: k6 ended by SIGKILL");
  expect(await recordOf("killed")).toMatchObject({ verdict: "INVALID", complete: false });
  expect(await processesWith("RUN_ID=killed")).toEqual([]);
});
