import * as v from "valibot";
import { afterEach, expect, test, vi } from "vitest";
import { AccountSchema } from "../../cli/result.ts";
import { lineOf, startProgress } from "../../cli/run/progress.ts";
import { ACCOUNT } from "./records.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("what is asked for one group of tests is not told of the next", async () => {
  vi.useFakeTimers();
  vi.stubEnv("CI", "1");
  let answer: (account: Response) => void = () => {};
  const asked = new Promise<Response>((resolve) => {
    answer = resolve;
  });
  vi.stubGlobal("fetch", () => asked);
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const progress = startProgress();
  progress.begin("one", 60, "http://receiver/runs/a");
  await vi.advanceTimersByTimeAsync(5_000);
  progress.end();
  progress.begin("two", 60, null);
  answer(Response.json(ACCOUNT));
  await vi.advanceTimersByTimeAsync(5_000);
  progress.end();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said.mock.calls.flat()).toEqual(["throughline: one", "throughline: two", "throughline: 5 s, 55 s to go"]);
});

test("a line shows no latency that nobody measured, and says that arrivals were only counted", () => {
  const latency = { ...ACCOUNT.latency, samples: 0, p99: 0 };
  const account = v.parse(AccountSchema, { ...ACCOUNT, latency, farEnd: { kind: "count" } });
  const line = lineOf(account, 10, 4_000);
  expect(line).toBe("60000 published, 312345 of 312345 deliveries by number, backlog 0, 1 errors, 6 s to go");
});

test("the time to go is counted from the first event, not from the first look", async () => {
  vi.useFakeTimers();
  vi.stubEnv("CI", "1");
  const span = { from: Date.now() + 1_000, through: Date.now() + 5_000 };
  vi.stubGlobal("fetch", async () => Response.json({ ...ACCOUNT, span }));
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const progress = startProgress();
  progress.begin("one", 10, "http://receiver/runs/a");
  await vi.advanceTimersByTimeAsync(5_000);
  progress.end();
  expect(said.mock.calls.flat().at(-1)).toMatch(/, 6 s to go$/);
});

test("what could not be sent is an error, also where nothing else was", () => {
  const account = v.parse(AccountSchema, { ...ACCOUNT, refused: 0, unknown: 0 });
  const line = (counts: object) => lineOf({ ...account, ...counts }, 10, 4_000);
  expect(line({ unsent: 7 })).toMatch(/, 7 errors, 6 s to go$/);
  expect(line({ published: 0, unsent: 7 })).toMatch(/^0 published, .*, 7 errors/);
  expect(line({ published: 0, unsent: 0 })).toBeNull();
});
