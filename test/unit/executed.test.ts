/** What a target lists as executed, and what of it is told as this run's. */
import { expect, test, vi } from "vitest";
import type { Trace } from "../../core/trace.ts";
import type { Access } from "../../k6/support/access.ts";
import { ExecutedList } from "../../systems/signals/k6/executed.ts";
import { signalBody } from "../../systems/signals/wire.ts";

const target = vi.hoisted(() => ({ signals: [] as object[] }));

vi.mock("k6", () => ({ sleep: () => undefined }));
vi.mock("k6/execution", () => ({ default: {} }));
vi.mock("k6/encoding", () => ({ default: {} }));
vi.mock("k6/http", () => ({
  default: { get: () => ({ status: 200, body: JSON.stringify({ signals: target.signals }) }) },
}));
vi.mock("../../k6/support/run.ts", () => ({ clockCorrection: () => 0 }));

const SETTINGS = { SIGNALS_EXECUTED_URL: "http://list/executed", SIGNALS_URL: "http://target", SEED: 1 };
const RUN = { id: "nightly", number: 4_711, instance: "i", clock: null };
const OPENED_AT = 1.7e12;

/** A signal as it is listed: with the action that was sent, or the other one. */
function executed(changes: Partial<Trace>, isTurned: boolean): Record<string, unknown> {
  const trace = { run: RUN.number, publisher: 1, seq: 0, publishedAt: OPENED_AT + 1_000, ...changes };
  const signal = JSON.parse(signalBody(SETTINGS.SEED, trace, "strategy")) as { action: string };
  const other = signal.action === "BUY" ? "SELL" : "BUY";
  return { ...signal, action: isTurned ? other : signal.action };
}

test("what an earlier run of the same id left behind proves nothing, and is neither damaged nor untimed", () => {
  const list = new ExecutedList(SETTINGS, {} as Access, RUN, OPENED_AT, 0);
  target.signals = [executed({ publishedAt: OPENED_AT - 86_400_000 }, true)];
  expect(list.arrivals()).toMatchObject({ paths: [{ ids: "", times: [] }], damages: [] });
  expect(list.untimed).toBe(0);
  target.signals.push({ ...executed({}, false), executed_at: new Date(OPENED_AT + 1_500).toISOString() });
  target.signals.push(executed({ seq: 1 }, true));
  const { paths, damages } = list.arrivals();
  // Microseconds from a second before the opening to the end of the millisecond that is told.
  expect(paths[0].times).toEqual([2_501_000, null]);
  expect(damages).toEqual([expect.objectContaining({ field: "action", count: 1 })]);
  expect(list.untimed).toBe(1);
});
