import type { Account } from "../../core/account.ts";
import { offeredAt } from "./checks.ts";
import { type IngestPlant, ingest } from "./ingest.ts";
import type { Check, Row, Table } from "./row.ts";

const EVENTS = 600;

const acknowledged: Check = ["every message is acknowledged", (account) => account.acknowledged === EVENTS];
const stored: Check = [
  "every message is stored once and as it was sent",
  ({ delivered, lost, duplicated, storage }) =>
    delivered === EVENTS && lost === 0 && duplicated === 0 && storage?.rows === EVENTS && storage.damaged === 0,
];
const lost = (count: number): Check => [`${count} are lost`, (account) => account.lost === count];
const open = (count: number): Check => [`${count} are still open`, (account) => account.open === count];
const ended = (how: Account["ending"]): Check => [`the wait ends: ${how}`, ({ ending }) => ending === how];

const underWay = ({ delivered }: Account) => delivered > 100;
const POISON = ["RPUSH", "pending_messages", "poison"];

const ROWS: readonly Row<IngestPlant>[] = [
  ...["1", "2", "3"].map((seed) => ({
    name: `ingest: healthy ${seed}`,
    plants: "nothing",
    plant: { ingest: { SEED: seed } },
    expect: { verdict: "PASS" as const, reasons: [], checks: [acknowledged, stored] },
    fast: seed === "1",
  })),
  {
    name: "ingest: healthy, hostile input",
    plants: "nothing, but what is sent is at or past every limit",
    plant: { ingest: { SCENARIO: "hostile" } },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [
        ["what is accepted is stored", (account) => account.acknowledged > 25 && account.lost === 0],
        ["what is no message is refused", ({ refused }) => refused > 75],
      ],
    },
  },
  {
    name: "ingest: healthy, worker killed and replaced",
    plants: "nothing, but the worker is killed in mid-run and another started",
    plant: {
      // What the first had taken waits until its lease is over.
      ingest: { SLO_ACCOUNT_INSERT_P95_MS_VALUE: "10000", SLO_ACCOUNT_INSERT_P99_MS_VALUE: "10000" },
      during: async ({ run, worker, another }) => {
        await run.until(underWay);
        await worker.kill();
        await another();
      },
    },
    expect: { verdict: "PASS", reasons: [], checks: [acknowledged, stored] },
  },
  {
    name: "ingest: worker dead",
    plants: "no worker",
    plant: { worker: null, ingest: { CANARY_TIMEOUT: "1s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_open", "no worker takes them"],
      besides: ["0 samples"],
      checks: [acknowledged, lost(0), open(EVENTS), ended("held")],
    },
  },
  {
    name: "ingest: repeat-id=50",
    plants: "one message in 50 is answered with the message_id of the one before",
    plant: { api: ["--fault", "repeat-id=50"], ingest: { MODEL: "closed", CONCURRENCY: "4", EVENTS: "600" } },
    expect: {
      verdict: "FAIL",
      reasons: ["ingest_repeated_ids", "was given before"],
      besides: ["account_repeated_ids"],
      checks: [acknowledged, stored],
    },
  },
  {
    name: "ingest: drop=100",
    plants: "one message in 100 is accepted and never stored",
    plant: { api: ["--fault", "drop=100"] },
    expect: { verdict: "FAIL", reasons: ["account_lost"], checks: [acknowledged, lost(EVENTS / 100)] },
  },
  {
    name: "ingest: duplicate=500",
    plants: "one message in 500 becomes two rows",
    plant: { worker: ["--fault", "duplicate=500"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_duplicated"],
      checks: [acknowledged, lost(0), ["one is doubled", ({ duplicated }) => duplicated === 1]],
    },
  },
  {
    name: "ingest: truncate=255",
    plants: "contents are cut short",
    plant: { worker: ["--fault", "truncate=255"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_damaged"],
      // What is damaged has no time to its row.
      besides: ["account_insert_p95_ms", "account_insert_p99_ms"],
      checks: [acknowledged, lost(0)],
    },
  },
  {
    name: "ingest: truncate=1999, hostile input",
    plants: "the longest contents are cut by one character",
    plant: { worker: ["--fault", "truncate=1999"], ingest: { SCENARIO: "hostile" } },
    expect: { verdict: "FAIL", reasons: ["account_damaged"] },
  },
  {
    name: "ingest: narrow=1999",
    plants: "contents of 2,000 characters are refused",
    plant: { api: ["--fault", "narrow=1999"], ingest: { SCENARIO: "hostile" } },
    expect: { verdict: "FAIL", reasons: ["ingest_wrongly_refused"], checks: [lost(0)] },
  },
  {
    name: "ingest: fragile",
    plants: "an invalid message is answered with 500",
    plant: { api: ["--fault", "fragile"], ingest: { SCENARIO: "hostile" } },
    expect: { verdict: "FAIL", reasons: ["ingest_server_errors"], checks: [lost(0)] },
  },
  {
    name: "ingest: lose-buffer",
    plants: "a worker that is stopped loses its buffer",
    plant: {
      worker: ["--fault", "lose-buffer", "--batch-size", "1000", "--batch-timeout", "3000"],
      // What is missing is called gone after ten seconds of the load.
      ingest: { RATE: "40" },
      during: async ({ run, worker, another, command }) => {
        const buffered = async () => Number(await command("GET", "worker_buffer_size"));
        await run.until(({ acknowledged: count }) => count > 50);
        while ((await buffered()) < 30) await run.until(() => true);
        await worker.stop();
        await another();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_lost", "account_shortfall", "they are gone"],
      checks: [acknowledged, ["some are lost", (account) => account.lost >= 30]],
    },
  },
  {
    name: "ingest: poison-blocks",
    plants: "an entry that cannot be read holds up its batch for ever",
    plant: {
      worker: ["--fault", "poison-blocks"],
      during: async ({ run, command }) => {
        await run.until(underWay);
        await command(...POISON);
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_open", "messages are in a worker's buffer", "the batch that is stuck holds"],
      besides: ["account_insert_p99_ms"],
      checks: [acknowledged, lost(0), ended("held")],
    },
  },
  {
    name: "ingest: whole-batches",
    plants: "a worker never stores a batch that is not full",
    plant: { worker: ["--fault", "whole-batches", "--batch-size", "64"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_open", "messages are in a worker's buffer"],
      checks: [acknowledged, lost(0), ended("held")],
    },
  },
  {
    name: "ingest: healthy, a last partial batch waits",
    plants: "nothing, but the worker keeps a partial batch for 3 s, longer than it is quiet",
    plant: { worker: ["--batch-size", "64", "--batch-timeout", "3000"] },
    expect: { verdict: "PASS", reasons: [], checks: [acknowledged, stored, ended("complete")] },
  },
  {
    name: "ingest: rewrite=500",
    plants: "every row is given another content and user half a second after it was stored",
    plant: { worker: ["--fault", "rewrite=500"], ingest: { LINGER: "2s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_damaged", "have changed since"],
      checks: [acknowledged, lost(0), ["all are damaged", ({ storage }) => storage?.damaged === EVENTS]],
    },
  },
  {
    name: "ingest: short-ids",
    plants: "message ids have two digits, so that they repeat",
    plant: { api: ["--fault", "short-ids"] },
    expect: {
      verdict: "FAIL",
      reasons: ["account_repeated_ids", "under the message_id of another"],
      besides: ["ingest_repeated_ids", "was given before"],
      checks: [acknowledged, stored],
    },
  },
  {
    name: "ingest: healthy, a sequence with a cache",
    plants: "nothing, but each session takes 100 numbers of the sequence at a time",
    plant: {
      before: "alter sequence messages_id_seq cache 100",
      after: "alter sequence messages_id_seq cache 1",
    },
    expect: { verdict: "PASS", reasons: [], checks: [acknowledged, stored] },
  },
  {
    name: "ingest: healthy, ids that shrink",
    plants: "nothing, but later rows have smaller ids",
    plant: {
      before: "alter sequence messages_id_seq increment -1 minvalue -1000000000 restart -1",
      after: "alter sequence messages_id_seq increment 1 minvalue 1 restart 1000000",
    },
    expect: {
      verdict: "PASS",
      reasons: [],
      checks: [acknowledged, stored],
    },
  },
  {
    name: "ingest: slow=300",
    plants: "every answer takes 300 ms, and 10 messages are under way",
    plant: { api: ["--fault", "slow=300"], ingest: { CONCURRENCY: "10", MESSAGES: "300" } },
    expect: {
      verdict: "FAIL",
      reasons: [
        "ingest_accepted_latency_ms avg",
        "ingest_accepted_latency_ms p(95)",
        "account_acknowledged_per_second",
      ],
      checks: [lost(0)],
    },
  },
  {
    name: "ingest: slow=3000",
    plants: "every answer takes 3 s, and messages are sent when they are due",
    plant: { api: ["--fault", "slow=3000"] },
    expect: {
      verdict: "FAIL",
      reasons: ["ingest_accepted_latency_ms avg", "ingest_accepted_latency_ms p(95)"],
      besides: ["account_acknowledged_per_second", "account_insert_p95_ms"],
      checks: [acknowledged, stored, offeredAt(250)],
    },
  },
  {
    name: "ingest: rows come after 6 s",
    plants: "the worker keeps all messages for 6 s before it stores them, and loses none",
    plant: { worker: ["--batch-size", "2000", "--batch-timeout", "6000"], ingest: { BUFFER_TIMEOUT: "12s" } },
    expect: {
      verdict: "FAIL",
      reasons: ["account_insert_p95_ms", "account_insert_p99_ms"],
      checks: [acknowledged, stored],
    },
  },
  {
    name: "ingest: slow-worker=300",
    plants: "the worker stores 50 messages a second, and 100 come",
    plant: {
      worker: ["--batch-size", "15", "--fault", "slow-worker=300"],
      ingest: { SCENARIO: "load", RATE: "100", EVENTS: "1000" },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["account_backlog_growth", "account_insert_p95_ms", "account_insert_p99_ms"],
      checks: [lost(0)],
    },
  },
  {
    name: "ingest: row vanishes",
    plants: "a row is taken away again",
    plant: {
      ingest: { DRAIN_QUIET: "3s" },
      during: async ({ run, query }) => {
        await run.until(({ delivered }) => delivered === EVENTS);
        await query("delete from messages where id = (select max(id) from messages)");
      },
    },
    expect: { verdict: "FAIL", reasons: ["account_vanished"], besides: ["account_shortfall"], checks: [acknowledged] },
  },
  {
    name: "ingest: HTTP side killed",
    plants: "the HTTP side is killed in mid-run",
    plant: {
      api: [],
      during: async ({ run, api }) => {
        await run.until(underWay);
        await api.kill();
      },
    },
    expect: {
      verdict: "FAIL",
      reasons: ["ingest_failure_rate"],
      besides: [
        "account_acknowledged_per_second",
        "the target was unreachable",
        "account_insert_p95_ms",
        "account_insert_p99_ms",
      ],
      checks: [lost(0)],
    },
  },
];

export const INGEST: Table<IngestPlant> = { subject: ingest, rows: ROWS };
