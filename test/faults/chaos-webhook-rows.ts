/** Rows in which the parts of a webhook pipeline die, halt and come back in the middle of a run. */
import type { Account } from "../../core/account.ts";
import { balanced, nothingLost } from "./checks.ts";
import { type EthhookPlant, ethhook } from "./ethhook.ts";
import { halted } from "./process.ts";
import { ACK, TOO_FEW } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

const flowing = ({ delivered }: Account) => delivered > 200;

const WEBHOOK_ROWS: readonly Row<EthhookPlant>[] = [
  {
    name: "chaos: Redis killed",
    plants: "redis-server is killed and started again with what it had stored",
    plant: {
      breaks: true,
      redis: { EVENTS: "3000" },
      during: async ({ run, pipeline }) => {
        await run.until(flowing);
        await pipeline.redis.restart();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["events_unknown"],
      // An append-only file that is written once a second may lack what was acknowledged in the last one.
      besides: [
        "the target was unreachable",
        "events_refused",
        "account_lost",
        "account_duplicated",
        "publish_ack_latency_ms",
      ],
      checks: [balanced],
    },
  },
  {
    name: "chaos: Redis away",
    plants: "redis-server is killed and started again 3 s later",
    plant: {
      breaks: true,
      redis: { EVENTS: "3000" },
      during: async ({ run, pipeline }) => {
        await run.until(flowing);
        await pipeline.redis.restart(3_000);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["the target was unreachable from"],
      besides: [
        "account_delivery_p95_ms",
        "account_delivery_p99_ms",
        "events_unknown",
        "events_refused",
        "account_lost",
        "account_duplicated",
        ACK,
      ],
      checks: [
        balanced,
        [
          "what was not sent is neither refused nor published",
          ({ published, unsent }) => unsent > 300 && published + unsent === 3_000,
        ],
      ],
    },
  },
  {
    name: "chaos: Redis halted",
    plants: "redis-server stands still for 5 s, longer than the publisher waits",
    plant: {
      breaks: true,
      redis: { EVENTS: "1800", ACK_TIMEOUT: "1s" },
      during: async ({ run, pipeline }) => {
        await run.until(flowing);
        await halted([pipeline.redis.pid() as number], 5_000);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["events_unknown"],
      besides: [
        "account_delivery_p95_ms",
        "account_delivery_p99_ms",
        "the target was unreachable",
        ACK,
        "account_lost",
        "account_duplicated",
        "account_delivery_mean_ms",
        "account_judged_share",
        "every publisher was waiting",
      ],
      checks: [balanced],
    },
  },
  {
    name: "chaos: Redis full",
    plants: "Redis may use no more memory in mid-run and refuses what is added",
    plant: {
      breaks: true,
      during: async ({ run, command }) => {
        await run.until(flowing);
        await command("CONFIG", "SET", "maxmemory", "1");
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["events_refused"],
      // What was refused is no sample of anything.
      besides: ["account_lost", TOO_FEW],
      checks: [balanced, ["some are refused", ({ refused }) => refused > 0]],
    },
  },
  {
    name: "chaos: Redis far away",
    plants: "the way from the publisher to Redis takes 150 ms in each direction",
    plant: { network: { latency: 150 }, redis: { WORKERS: "200" } },
    expect: { verdict: "FAIL", reasons: [ACK], checks: [balanced, nothingLost] },
  },
  {
    name: "chaos: PostgreSQL killed",
    plants: "PostgreSQL is killed and started again; meanwhile the pipeline knows its endpoints",
    plant: {
      breaks: true,
      during: async ({ run, crashPostgres }) => {
        await run.until(flowing);
        const postgres = await crashPostgres();
        await run.until(({ delivered }) => delivered > 700);
        await postgres.again();
      },
    },
    expect: { verdict: "PASS", reasons: [], checks: [balanced, nothingLost] },
  },
  {
    name: "chaos: worker killed",
    plants: "the worker is killed and started again",
    plant: {
      // What was under way is delivered once more, which at least once allows, and late.
      faults: ["delay=100"],
      redis: {
        EVENTS: "2400",
        DRAIN_QUIET: "5s",
        SLO_ACCOUNT_DUPLICATED_COUNT: "off",
        SLO_ACCOUNT_DELIVERY_MEAN_MS_VALUE: "5000",
        SLO_ACCOUNT_DELIVERY_P95_MS_VALUE: "10000",
        SLO_ACCOUNT_DELIVERY_P99_MS_VALUE: "10000",
      },
      during: async ({ run, worker, again }) => {
        await run.until(flowing);
        await worker.kill();
        await again("worker");
      },
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: worker gone",
    plants: "the worker is killed and stays dead",
    plant: {
      during: async ({ run, worker }) => {
        await run.until(flowing);
        await worker.kill();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "deliveries wait in delivery_queue"],
      besides: [TOO_FEW],
      checks: [balanced],
    },
  },
  {
    name: "chaos: processor halted",
    plants: "the processor stands still for 5 s",
    plant: {
      redis: { DRAIN_QUIET: "6s" },
      during: async ({ run, processor }) => {
        await run.until(flowing);
        await halted([processor.pid() as number], 5_000);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_delivery_mean_ms", "account_delivery_p95_ms", "account_delivery_p99_ms"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: receiver of webhooks halted",
    plants: "the receiver stands still for 3 s, and finds then what came meanwhile",
    plant: {
      redis: { DRAIN_QUIET: "4s" },
      during: async ({ run, pipeline }) => {
        await run.until(flowing);
        await halted([pipeline.receiver.pid() as number], 3_000);
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["account_delivery_mean_ms", "account_delivery_p95_ms", "the receiver stood still for"],
      besides: ["account_delivery_p99_ms", "account_clock_doubts"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: receiver of webhooks halted for long",
    plants: "the receiver stands still for 8 s, in which the sender gives up waiting and sends again",
    plant: {
      redis: { DRAIN_QUIET: "10s", DRAIN_TIMEOUT: "40s" },
      during: async ({ run, pipeline }) => {
        await run.until(flowing);
        await halted([pipeline.receiver.pid() as number], 8_000);
      },
    },
    expect: {
      verdict: "INVALID",
      reasons: ["account_delivery_mean_ms", "account_delivery_p95_ms", "the receiver stood still for"],
      besides: ["account_delivery_p99_ms", "account_clock_doubts", "account_duplicated"],
      checks: [balanced, nothingLost],
    },
  },
  {
    name: "chaos: publisher of webhooks killed",
    plants: "k6 is killed",
    plant: {
      during: async ({ run }) => {
        await run.until(flowing);
        for (const pid of await run.k6("redis")) process.kill(pid, "SIGKILL");
      },
    },
    expect: { verdict: "INVALID", reasons: ["k6 ended by SIGKILL"] },
  },
];

export const CHAOS_OF_WEBHOOKS: Table<EthhookPlant> = { subject: ethhook, rows: WEBHOOK_ROWS };
