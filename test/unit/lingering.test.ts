import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runNumber } from "../../core/trace.ts";
import type { Deliveries } from "../../receiver/deliveries.ts";
import { Run } from "../../receiver/run.ts";
import { TablePath } from "../../systems/ingestor/receiver/table.ts";
import { asStored, message } from "../../systems/ingestor/wire.ts";
import { PATIENT, runOf, SEQS, START, settledWithin } from "./draining.ts";
import { batch, OPENING, report } from "./reports.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("lingering", () => {
  test("goes on listening once everything has arrived, and counts what is delivered again", async () => {
    const run = await runOf("one");
    run.arrivals({ paths: [report(SEQS, START)] });
    const settling = { ...PATIENT, publisher: "one", linger: 3_000 };
    expect(await settledWithin(2_900, run, settling)).toBeNull();
    expect(run.draining).toBe(true);
    run.arrivals({ paths: [report([4], START + 2_900)] });
    expect(await settledWithin(200, run, settling)).toMatchObject({
      ending: "complete",
      duplicated: 1,
      late: 0,
      drain: 1_000,
    });
  });

  test("comes too where only the last look finds the last row, and is followed by another", async () => {
    /** A table that is read without delay, and shows its last row to the last look alone. */
    class Late extends TablePath {
      looks = 0;
      override hasCaughtUp(): boolean {
        return true;
      }
      look(deliveries: Deliveries): void {
        this.looks++;
        const sent = asStored(message(1, { run: runNumber("nightly"), publisher: 1, seq: 0, publishedAt: START }));
        this.enter({ id: 1, ...sent, insertedAt: null }, START, deliveries);
      }
    }
    const path = new Late("messages", runNumber("nightly"), 1, false);
    const run = new Run("nightly", OPENING, Date.now, {
      observers: ({ deliveries }) => [
        {
          paths: [path],
          order: "none",
          account: () => ({}),
          causes: () => [],
          finish: async () => path.look(deliveries),
        },
      ],
    });
    run.join({ ...OPENING, publisher: "one" });
    run.published(batch(0, 1, START));
    const settling = { timeout: 60_000, quiet: 1_000, publisher: "one", linger: 30_000 };
    expect(await settledWithin(30_900, run, settling)).toBeNull();
    expect(await settledWithin(300, run, settling)).toMatchObject({ ending: "complete", lost: 0 });
    expect(path.looks).toBe(2);
  });

  test("is for complete accounts: one that waited in vain closes at once", async () => {
    const run = await runOf("one");
    run.arrivals({ paths: [report(SEQS.slice(1), START)] });
    const settling = { timeout: 60_000, quiet: 1_000, publisher: "one", linger: 30_000 };
    expect(await settledWithin(2_000, run, settling)).toMatchObject({ ending: "quiet", lost: 1 });
  });
});
