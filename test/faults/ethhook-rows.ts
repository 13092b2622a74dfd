import { setTimeout as pause } from "node:timers/promises";
import type { Account } from "../../core/account.ts";
import { onItsWay } from "./checks.ts";
import { type EthhookPlant, type EthhookStage, ethhook } from "./ethhook.ts";
import { halted } from "./process.ts";
import type { Check, Row, Table } from "./row.ts";

const MEAN = "account_delivery_mean_ms";
const SETTLED = "account_settled";

const nothingLost: Check = ["nothing is lost", ({ lost, delivered, expected }) => lost === 0 && delivered === expected];
const all: Check = [
  "every event is acknowledged and accounted for",
  ({ published, acknowledged, expected, delivered, lost }) =>
    published === 1_200 && acknowledged === published && expected === delivered + lost,
];

const halfway = ({ delivered }: Account) => delivered > 300;

/** Every field of an entry, and none of them fits. */
const POISON = ["XADD", "events:11155111", "*", "tx_hash", "0x12", "topics", "not JSON"];

/** Adds it in the middle of what a processor that stands still will read together. */
async function poisoned({ run, processor, command }: EthhookStage): Promise<void> {
  await run.until(halfway);
  const standing = halted([processor.pid() as number], 400);
  // The read that was waiting when it stopped is answered with the next entry alone.
  await pause(200);
  await command(...POISON);
  await standing;
}

const ROWS: readonly Row<EthhookPlant>[] = [
  ...Array.from({ length: 10 }, (_, place) => ({
    name: `webhooks: healthy ${place + 1}`,
    plants: "nothing",
    plant: { redis: { SEED: String(place + 1) } },
    expect: { verdict: "PASS" as const, reasons: [], checks: [all, nothingLost] },
    fast: place === 0,
  })),
  {
    name: "webhooks: unfriendly receiver",
    plants: "nothing, but one webhook in 20 is answered 503, and one in 50 with 404",
    plant: { misbehaviour: { unavailable: 0.05, notFound: 0.02 } },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [all, nothingLost, ["retries are counted", ({ webhooks }) => (webhooks?.retried ?? 0) >= 60]],
    },
  },
  {
    name: "webhooks: drop=200",
    plants: "one delivery in 200 is not made",
    plant: { faults: ["drop=200"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "the pipeline holds nothing back"],
      checks: [all, ["6 are lost", ({ lost }) => lost === 6]],
    },
  },
  {
    name: "webhooks: duplicate=200",
    plants: "one delivery in 200 is made twice",
    plant: { faults: ["duplicate=200"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_duplicated"],
      checks: [all, nothingLost, ["6 are duplicated", ({ duplicated }) => duplicated >= 5 && duplicated <= 6]],
    },
  },
  {
    name: "webhooks: misroute=200",
    plants: "one delivery in 200 also goes to another endpoint",
    plant: { faults: ["misroute=200"] },
    expect: { verdict: "FAIL", reasons: ["account_misrouted"], checks: [all, nothingLost] },
  },
  {
    name: "webhooks: corrupt=200",
    plants: "one delivery in 200 has wrong data, rightly signed",
    plant: { faults: ["corrupt=200"] },
    expect: { verdict: "FAIL", reasons: ["account_damaged", "damaged: its data is"], checks: [all, nothingLost] },
  },
  {
    name: "webhooks: delay=700",
    plants: "every delivery is 700 ms late",
    plant: { faults: ["delay=700"], flags: ["--concurrency", "1000"] },
    expect: { verdict: "FAIL", reasons: [MEAN], checks: [all, nothingLost, onItsWay(700, 300)] },
  },
  {
    name: "webhooks: wrong-signature=500",
    plants: "one delivery in 500 is wrongly signed at first",
    plant: { faults: ["wrong-signature=500"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_wrong_signatures"],
      checks: [all, nothingLost, ["2 are", ({ webhooks }) => webhooks?.wrongSignatures === 2]],
    },
  },
  {
    name: "webhooks: retry-storm",
    fast: true,
    plants: "what failed is sent again at once; one webhook in 10 is answered 503",
    plant: { faults: ["retry-storm"], misbehaviour: { unavailable: 0.1 } },
    expect: { verdict: "FAIL", reasons: ["account_hasty_retries"], checks: [all, nothingLost] },
  },
  {
    name: "webhooks: give-up-on-404",
    plants: "a 404 is taken for final; one webhook in 50 is answered so",
    plant: { faults: ["give-up-on-404"], misbehaviour: { notFound: 0.02 } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "not sent again after their last attempt was refused: answered 404"],
      checks: [all, ["one in 50 is lost", ({ lost }) => lost >= 22 && lost <= 26]],
    },
    fast: true,
  },
  {
    name: "webhooks: breaker=1",
    plants: "one failure discards all that an endpoint is owed in the next second; one webhook in 200 is answered 503",
    plant: { faults: ["breaker=1"], misbehaviour: { unavailable: 0.005 } },
    expect: { verdict: "FAIL", reasons: ["account_lost", "scripted misbehaviour"], checks: [all] },
  },
  {
    name: "webhooks: breaker=3",
    plants:
      "three failures in a row discard all that an endpoint is owed in the next second; every webhook is answered 503 for a moment",
    plant: {
      faults: ["breaker=3"],
      during: async ({ run, misbehave }) => {
        await run.until(halfway);
        await misbehave({ unavailable: 1 });
        await pause(500);
        await misbehave({});
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "were never attempted, after"],
      checks: [all, ["none is left open", ({ open }) => open === 0]],
    },
  },
  {
    name: "webhooks: late bodies",
    plants: "the bodies of webhooks end 1.5 s after their headers",
    plant: { faults: ["late-body=1500"], flags: ["--concurrency", "1000"] },
    expect: {
      verdict: "FAIL",
      reasons: [MEAN],
      besides: ["account_delivery_p95_ms", "account_delivery_p99_ms"],
      checks: [
        ...[all, nothingLost, onItsWay(1_500, 300)],
        ["bodies are late", ({ webhooks }) => (webhooks?.transfer.p50 ?? 0) >= 1_490],
      ],
    },
  },
  {
    name: "webhooks: patient sender",
    plants:
      "nothing, but what failed is sent again after 3 s, which is longer than it is quiet, and says that it is the first",
    plant: {
      faults: ["retry-after=3000", "same-attempt"],
      misbehaviour: { unavailable: 0.005 },
      redis: { SLO_ACCOUNT_DELIVERY_P99_MS_VALUE: "5000" },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [
        all,
        nothingLost,
        ["retries are counted here", ({ webhooks }) => (webhooks?.retried ?? 0) >= 3],
        [
          "headers that stay are told",
          ({ causes, findings = [] }) => [...causes, ...findings].some((told) => told.includes("had not risen")),
        ],
      ],
    },
  },
  {
    name: "webhooks: gzip",
    plants: "bodies are compressed, and nothing says so",
    plant: { faults: ["gzip"], redis: { CANARY_TIMEOUT: "2s" } },
    expect: { verdict: "INVALID", reasons: ["it is compressed with gzip, and no Content-Encoding says so"] },
  },
  {
    name: "webhooks: left pending",
    plants: "an entry that cannot be read stays pending, and nothing is lost",
    plant: { faults: ["keep-poison"], during: ({ run, command }) => run.until(halfway).then(() => command(...POISON)) },
    expect: {
      verdict: "FAIL",
      reasons: ["account_left_pending", "has read 1 entries and not acknowledged them"],
      checks: [all, nothingLost],
    },
  },
  {
    name: "webhooks: trimmed before it was read",
    plants: "the stream is trimmed to nothing while the processor stands still",
    plant: {
      during: async ({ run, processor, command }) => {
        await run.until(halfway);
        const standing = halted([processor.pid() as number], 1_500);
        await pause(1_000);
        await command("XTRIM", "events:11155111", "MAXLEN", "0");
        await standing;
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "it was trimmed"],
      besides: [MEAN, "account_delivery_p95_ms", "account_delivery_p99_ms"],
      checks: [all],
    },
  },
  {
    name: "webhooks: stream made anew",
    plants: "the stream is deleted while the processor stands still, and publishing makes another",
    plant: {
      during: async ({ run, processor, command }) => {
        await run.until(halfway);
        const standing = halted([processor.pid() as number], 1_500);
        await pause(1_000);
        await command("DEL", "events:11155111");
        await standing;
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "was recreated"],
      besides: [MEAN, "account_delivery_p95_ms", "account_delivery_p99_ms", "account_duplicated"],
      checks: [all],
    },
  },
  {
    name: "webhooks: doubled before the pipeline",
    plants: "fifty entries are added to the stream a second time",
    plant: {
      during: async ({ run, command }) => {
        await run.until(halfway);
        const entries = (await command("XRANGE", "events:11155111", "-", "+", "COUNT", "200")) as [string, string[]][];
        for (const [, fields] of entries.slice(-50)) await command("XADD", "events:11155111", "*", ...fields);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_duplicated", "the pipeline did not cause duplicates in its stream"],
      checks: [all, nothingLost],
    },
  },
  {
    name: "webhooks: never-match",
    plants: "one endpoint is never matched",
    plant: { faults: ["never-match=dai-transfers"], redis: { CANARY_TIMEOUT: "3s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "endpoint dai-transfers matched nothing"],
      checks: [all, ["all of its events are lost", ({ lost, webhooks }) => lost === lostAt(webhooks, "dai-transfers")]],
    },
  },
  {
    name: "webhooks: poison",
    plants: "an entry that cannot be read takes with it all that were read together with it",
    plant: {
      faults: ["poison"],
      during: poisoned,
    },
    expect: { verdict: "FAIL", reasons: ["account_lost", "others add to it, too"], checks: [all] },
  },
  {
    name: "webhooks: poison, healthy",
    plants: "the same entry in a pipeline that passes over it",
    plant: {
      during: poisoned,
    },
    expect: { verdict: "PASS", reasons: [], besides: [], checks: [all, nothingLost] },
  },
  {
    name: "webhooks: lose-jobs",
    plants: "a worker that is killed and started again loses what it had taken",
    plant: {
      faults: ["lose-jobs", "delay=100"],
      during: async ({ run, worker, again }) => {
        await run.until(halfway);
        await worker.kill();
        await again("worker");
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "the pipeline holds nothing back"],
      // Until the worker is there again, jobs wait.
      besides: [MEAN, "account_delivery_p95_ms", "account_delivery_p99_ms", "account_duplicated"],
      checks: [all],
    },
  },
  {
    name: "webhooks: settled too early",
    plants: "the pipeline is so slow that it is still delivering when the time to drain is up",
    plant: {
      faults: ["delay=200"],
      flags: ["--concurrency", "20"],
      redis: { DRAIN_TIMEOUT: "2s", DRAIN_QUIET: "1s" },
    },
    expect: {
      verdict: "FAIL",
      reasons: [SETTLED, MEAN, "deliveries wait in delivery_queue"],
      besides: ["account_delivery_p95_ms", "account_delivery_p99_ms", "account_lost"],
      checks: [["it says that time was up", ({ ending }) => ending === "timeout"]],
    },
  },
  {
    name: "webhooks: nothing to be expected",
    plants: "no endpoint wants any of the events",
    plant: { redis: { UNMATCHED_SHARE: "1" } },
    expect: {
      verdict: "INVALID",
      reasons: ["account_expected"],
      besides: ["account_"],
      checks: [["none expected", ({ expected }) => expected === 0]],
    },
  },
];

function lostAt(webhooks: Account["webhooks"], name: string): number {
  return webhooks?.endpoints.find(({ path }) => path === name)?.expected ?? -1;
}

export const ETHHOOK: Table<EthhookPlant> = { subject: ethhook, rows: ROWS };
