/** Message ingest: messages are posted and must become rows of a table, each once and as it was sent. */

import exec from "k6/execution";
import http from "k6/http";
import { several } from "../core/numbers.ts";
import { secondsOf } from "../core/plan.ts";
import { type Progress, progressLine, progressOf } from "../core/progress.ts";
import { describeQuotes, quotesIn } from "../core/quotes.ts";
import { withoutCredentials } from "../core/redaction.ts";
import { LEAD_SECONDS } from "../core/schedule.ts";
import type { K6Data } from "../core/summary.ts";
import { CANARY_PUBLISHER, type Trace } from "../core/trace.ts";
import { httpAnswer } from "../core/transport.ts";
import { closedLoop } from "../systems/ingestor/k6/closed.ts";
import { type Answer, judgeHostile, post } from "../systems/ingestor/k6/post.ts";
import { HOSTILE_EVENTS, messageEvents } from "../systems/ingestor/pipeline.ts";
import { describeRefusedPost } from "../systems/ingestor/refusal.ts";
import { explainUnstored } from "../systems/ingestor/storage.ts";
import { contentHead } from "../systems/ingestor/wire.ts";
import { Access } from "./support/access.ts";
import { ask } from "./support/ask.ts";
import { CanaryAnswers } from "./support/canaryanswers.ts";
import { now } from "./support/clock.ts";
import { countBounds, measures } from "./support/metrics.ts";
import { progressBeside, tellEvery } from "./support/progress.ts";
import { KEPT_CONNECTIONS, publisherTest } from "./support/publisher.ts";
import { publishing, traceOf } from "./support/publishing.ts";
import { fetchAccount, type Run } from "./support/run.ts";
import { sendEach } from "./support/sending.ts";
import { settingsOf } from "./support/told.ts";

const config = settingsOf("ingest");
const { load } = config;
if (load.kind === "visitors" || load.kind === "unpaced") throw `ingest has no ${load.kind} load`;
countBounds(config);
const metrics = measures("everywhere", "publishing", "ingest", "account", "health");
const hostile = config.SCENARIO === "hostile";
const url = `${config.INGEST_URL}/messages`;
const timeout = config.ACK_TIMEOUT;
const access = new Access(config, "INGEST");
const messages = messageEvents(config.SEED);

const PROGRESS_SECONDS = 2;
/** A canary is a row in somebody's table; a worker may take the half minute of its time limit for a single one. */
const MOST_CANARIES = 3;
const HOSTILE_WARNING =
  "SCENARIO=hostile: what it sends may stop a worker for good, or stay at the head of its queue: not for a target that others need";
/** Room for the last answers after the last message was due. */
const LONGEST_SECONDS = secondsOf(load) + LEAD_SECONDS + timeout;

const promised = load.events;
const model =
  load.kind === "closed"
    ? `closed model: ${several(load.events, "message")}, ${load.concurrency} under way at any time`
    : `open model: ${several(load.events, "message")}, each sent when it is due`;

/** What the last canary was answered with, and what all were. */
let answered = 0;
const canaryAnswers = new CanaryAnswers();

export const { options, setup, publish, compareClock, teardown, handleSummary } = publisherTest(config, metrics, {
  beside: progressBeside(LONGEST_SECONDS),
  waiting: 1,
  options: { ...KEPT_CONNECTIONS, ...access.options },
  require() {
    const health = access.sendNow((headers) =>
      http.get(`${config.INGEST_URL}/health`, { headers, tags: { name: "readiness" } }),
    );
    if (health.status === 0) {
      exec.test.abort(withoutCredentials(`INGEST_URL=${config.INGEST_URL}: no ingestor answers: ${health.error}`));
    }
    if (config.RECEIVER_URL === undefined) console.warn("RECEIVER_URL=none: storage is not verified");
  },
  opening() {
    if (hostile) console.warn(HOSTILE_WARNING);
    return { storage: { hostile } };
  },
  canaries: () => ({
    seqs: [0],
    most: MOST_CANARIES,
    send: sendCanary,
    refused: () => canaryAnswers.refusal,
    // A target that accepts messages and does not store them is to be measured, and to fail.
    goOn: (account) => {
      const silence = account === null || answered < 200 || answered > 299 ? null : explainUnstored(account);
      return silence?.waiting === true ? silence.why : null;
    },
    explain: (account) => [
      `canaries are answered with status ${answered}`,
      ...(account === null ? [] : [explainUnstored(account).why]),
    ],
  }),
  proven(run, sent) {
    if (sent === null) sendCanary(traceOf(run, CANARY_PUBLISHER, 0));
    return {};
  },
  publish:
    load.kind === "closed"
      ? closedLoop(config, load, metrics, (run, publisher, seq) => send(traceOf(run, publisher, seq)))
      : publishing(config, metrics, (run, tick) => sendEach(run, tick, send), warm),
  notes: notesOf,
  evidence({ root_group }) {
    const quotes = quotesIn(root_group);
    const answers = describeQuotes(quotes.filter(({ about }) => about !== "message_id"));
    const ids = describeQuotes(quotes.filter(({ about }) => about === "message_id"));
    return {
      ...(answers === null ? {} : { ingest_failure_rate: answers, ingest_server_errors: answers }),
      ...(ids === null ? {} : { ingest_repeated_ids: ids }),
    };
  },
});

function sendCanary(trace: Trace): void {
  const body = messages.write(trace);
  const response = access.sendNow((headers) =>
    http.post(url, body, {
      headers: { "Content-Type": "application/json", ...headers },
      redirects: 0,
      tags: { name: "canary" },
    }),
  );
  access.requireAdmission(response, `POST ${url}`);
  answered = response.status;
  const { status, error } = response;
  canaryAnswers.enter(httpAnswer({ status, error, url, body: null }), describeRefusedPost(url, status));
}

/** Opens a connection, and does once what the load does all the time. */
async function warm(): Promise<void> {
  messages.write({ run: 0, publisher: 0, seq: 0, publishedAt: now() });
  await ask("GET", `${config.INGEST_URL}/health`, null, { tags: { name: "readiness" }, timeout: "900ms" });
}

/** Posts the message of a trace. */
async function send(trace: Trace): Promise<Answer> {
  if (!hostile) return post(metrics, access, { url, timeout, body: messages.write(trace) });
  const request = HOSTILE_EVENTS.write(trace);
  const answer = await post(metrics, access, { url, timeout, ...request });
  const wrong = judgeHostile(metrics, request, answer);
  if (wrong !== null) console.warn(wrong);
  return answer;
}

/** Tells how far the load has come, as the receiver knows it. */
export function progress(run: Run): void {
  let before: Progress = { sent: 0, success: 0, failed: 0, stored: null };
  tellEvery(PROGRESS_SECONDS, (seconds) => {
    const account = config.RECEIVER_URL === undefined ? null : fetchAccount(config.RECEIVER_URL, run.id);
    if (account === null) return false;
    const after = progressOf(account);
    console.log(progressLine(promised, before, after, seconds));
    before = after;
    return after.sent < promised;
  });
}

function notesOf({ metrics: { events_published }, setup_data }: K6Data & { setup_data?: unknown }): string[] {
  const sent = events_published?.values["count"] ?? 0;
  const run = (setup_data as Run | undefined)?.number ?? null;
  return [
    model,
    ...(hostile ? [HOSTILE_WARNING] : []),
    ...(run === null
      ? []
      : [
          `canaries and messages of this run stay in the table: DELETE FROM messages WHERE content LIKE '${contentHead(run)}-%', or by the names of the receiver's --table and --columns`,
        ]),
    // Of a part of the load, one of several processes.
    ...(config.INSTANCES === 1 && sent < promised ? [`partial result: ${sent} of ${promised} messages were sent`] : []),
    ...(config.RECEIVER_URL === undefined ? ["storage was not verified"] : []),
  ];
}
