/**
 * Deliveries that went through the real seams of the reference gateway, accounted for by the real ledger,
 * and by ledgers that are blind to one thing each: every planted fault must be told, and told no more by
 * the ledger that is blind to it.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { PathAccount } from "../../core/ledger.ts";
import { judge } from "../../core/verdict.ts";
import { enterAccount } from "../../k6/support/account.ts";
import { Run } from "../../receiver/run.ts";
import { blockHash, event, variants } from "../../systems/pulse/events.ts";
import { type Filter, filterFor } from "../../systems/pulse/filters.ts";
import { ReceivedEvent } from "../../systems/pulse/target/event.ts";
import { PULSE_FAULTS } from "../../systems/pulse/target/faults.ts";
import { plantEventFaults, plantFaults } from "../../systems/pulse/target/faulty.ts";
import { type Subscription, Subscriptions } from "../../systems/pulse/target/subscriptions.ts";
import { parseFaults } from "../../target/faults.ts";
import { slos } from "../../thresholds.ts";
import { batch, OPENING, report, WORKLOAD } from "./reports.ts";

/** What the ledger is blind to; nothing in most tests. */
const blind = vi.hoisted(() => ({ to: null as null | keyof PathAccount | "unreported" | "contradicted" }));

vi.mock(import("../../core/ledger.ts"), async (original) => {
  const ledger = await original();
  return {
    ...ledger,
    settlePath: (...settling) => {
      const account = ledger.settlePath(...settling);
      if (blind.to === "lost") return { ...account, lost: 0, delivered: account.expected };
      return blind.to === null ? account : { ...account, [blind.to]: 0 };
    },
  };
});

vi.mock(import("../../core/publication.ts"), async (original) => {
  const { Publication } = await original();
  return {
    Publication: class extends Publication {
      override unreported(...seen: Parameters<InstanceType<typeof Publication>["unreported"]>) {
        return blind.to === "unreported" ? [] : super.unreported(...seen);
      }

      override contradicted(...seen: Parameters<InstanceType<typeof Publication>["contradicted"]>) {
        return blind.to === "contradicted" ? [] : super.contradicted(...seen);
      }
    },
  };
});

const EVENTS = 2_000;
const SENT_AT = 1_000;

/** What subscribers of each kind of filter were sent by a gateway with faults. */
function deliveries(faults: readonly string[]): Map<Filter, number[]> {
  const planted = parseFaults(faults, PULSE_FAULTS);
  const all = variants(WORKLOAD);
  const subscriptions = new Subscriptions(planted["ignore-filter"]);
  const arrived = new Map<Filter, number[]>();
  for (const [place, kind] of (["simple", "moderate", "complex"] as const).entries()) {
    const filter = filterFor(kind, all[place * 11] as (typeof all)[number]);
    arrived.set(filter, []);
    subscriptions.add({ id: kind, filter, createdAt: 0, expiresAt: 0, send: () => {} });
  }
  const deliver = (subscription: Subscription, { canonical }: ReceivedEvent) =>
    void arrived.get(subscription.filter)?.push(Number(canonical.event_id));
  const faulty = plantFaults(deliver, planted, subscriptions);
  const dispatch = plantEventFaults((one) => subscriptions.dispatch(one, faulty), planted);
  for (let seq = 0; seq < EVENTS; seq++) {
    const sent = event(WORKLOAD, seq, all);
    const canonical = {
      event_id: String(seq),
      chain: 2,
      commitment_level: 3,
      block_number: sent.blockNumber,
      block_hash: blockHash(WORKLOAD.seed, sent.blockNumber),
      tx_hash: sent.txHash,
      event_type: sent.eventType,
      accounts: [...sent.accounts],
      timestamp: null,
      payload: null,
      reorg_action: 1,
      published_at: null,
      program_id: sent.programId,
      native_value: 0,
    };
    dispatch(new ReceivedEvent(sent.chain, canonical, performance.now(), "contract"));
  }
  return arrived;
}

/** The metrics of the account whose objectives are missed. */
function told(arrived: ReadonlyMap<Filter, readonly number[]>, published = EVENTS, refused: number[] = []): string[] {
  const run = new Run("replayed", { ...OPENING }, () => SENT_AT + 5_000);
  run.published(batch(0, published, SENT_AT, { refused }));
  const paths = [...arrived].map(([filter, seqs], place) =>
    report(seqs, SENT_AT + 5_000, { path: `path ${place}`, filter }),
  );
  run.arrivals({ paths });
  const seen = new Map<string, { observed: number; samples: number }>();
  const measures = new Proxy({} as Parameters<typeof enterAccount>[0], {
    get: (_, metric: string) => ({
      add: (value: number, outOf = 1) => void seen.set(metric, { observed: value, samples: outOf }),
    }),
  });
  enterAccount(measures, { ...run.account(), ending: "complete" }, []);
  const counted = slos("nats", { accounted: true, events: null }).filter(
    ({ metric, comparison }) => metric.startsWith("account_") && comparison === "==",
  );
  const { rows } = judge(counted.map((slo) => ({ slo, ...(seen.get(slo.metric) ?? { observed: null, samples: 0 }) })));
  return rows.filter(({ result }) => result !== "met").map(({ metric }) => metric);
}

afterEach(() => {
  blind.to = null;
});

test("nothing is told of a gateway without faults", () => {
  expect(told(deliveries([]))).toEqual([]);
});

describe.each([
  ["drop=200", "lost", "account_lost"],
  ["keep-last=50", "lost", "account_lost"],
  ["duplicate=200", "duplicated", "account_duplicated"],
  ["reorder=100", "reordered", "account_reordered"],
  ["misroute=200", "misrouted", "account_misrouted"],
  ["ignore-filter=chains", "misrouted", "account_misrouted"],
  ["ignore-filter=event_types", "misrouted", "account_misrouted"],
  ["ignore-filter=accounts", "misrouted", "account_misrouted"],
  ["ignore-filter=program_ids", "misrouted", "account_misrouted"],
] as const)("%s", (fault, kind, metric) => {
  test("is told, and nothing else is", () => {
    expect(told(deliveries([fault]))).toEqual([metric]);
  });

  test(`is not told by a ledger that is blind to what is ${kind}`, () => {
    blind.to = kind;
    expect(told(deliveries([fault]))).toEqual([]);
  });
});

describe("events that nobody reported", () => {
  test("are told", () => {
    expect(told(deliveries([]), EVENTS - 10)).toEqual(["account_unreported"]);
  });

  test("are not told by a publication that is blind to them", () => {
    blind.to = "unreported";
    expect(told(deliveries([]), EVENTS - 10)).toEqual([]);
  });
});

describe("events that were refused and delivered", () => {
  const refused = Array.from({ length: EVENTS / 10 }, (_, place) => place);

  test("are told", () => {
    expect(told(deliveries([]), EVENTS, refused)).toEqual(["account_contradicted"]);
  });

  test("are not told by a publication that is blind to them", () => {
    blind.to = "contradicted";
    expect(told(deliveries([]), EVENTS, refused)).toEqual([]);
  });
});
