/** What the answers to canaries mean for those that follow. */
import { expect, test } from "vitest";
import { type Answer, httpAnswer } from "../../core/transport.ts";
import { CanaryAnswers } from "../../k6/support/canaryanswers.ts";
import { describeRefusedPost } from "../../systems/ingestor/refusal.ts";

const UNREACHED: Answer = { outcome: "unknown", said: "dial tcp 127.0.0.1:1: connect: connection refused" };
const REFUSED: Answer = { outcome: "refused", said: "no such route", status: 404 };
const TOO_MANY: Answer = { outcome: "refused", said: "later", status: 429 };
const SILENT: Answer = { outcome: "unknown", said: "request timeout" };

test.each<[string, readonly Answer[], string | null]>([
  ["none was sent", [], null],
  ["all were refused", [REFUSED, REFUSED], "wrong"],
  ["one was taken before", ["acknowledged", REFUSED], null],
  ["one was taken after", [REFUSED, "acknowledged"], null],
  ["one may have been taken", [SILENT, REFUSED], null],
  ["it was restarting before", [UNREACHED, REFUSED], "wrong"],
  ["it is restarting", [REFUSED, UNREACHED], null],
  ["the next may be taken", [REFUSED, TOO_MANY], null],
])("a target refuses all: %s", (_, answers, refusal) => {
  const all = new CanaryAnswers();
  for (const answer of answers) all.enter(answer, answer === REFUSED ? "wrong" : null);
  expect(all.refusal).toBe(refusal);
  expect(all.mayBeTaken).toBe(answers.includes("acknowledged") || answers.includes(SILENT));
});

test.each<[readonly Answer[], string | null]>([
  [[], null],
  [[UNREACHED, UNREACHED], "dial tcp 127.0.0.1:1: connect: connection refused"],
  [[UNREACHED, REFUSED], null],
  [["acknowledged", UNREACHED], null],
])("no connection was made for any of %j: %s", (answers, told) => {
  const all = new CanaryAnswers();
  for (const answer of answers) all.enter(answer, null);
  expect(all.unsendable).toBe(told);
});

const URL = "http://u:p@127.0.0.1:1/messages";
test.each([
  [404, "is answered with status 404: is INGEST_URL the root of an ingestor?"],
  [405, "is answered with status 405: is INGEST_URL the root of an ingestor?"],
  [422, "is answered with status 422: look in its log for what it wants of a message"],
  [202, null],
  [301, null],
  [429, null],
  [503, null],
])("an ingestor's %i", (status, told) => {
  const refusal = describeRefusedPost(URL, status);
  expect(refusal).toBe(told === null ? null : `POST http://(hidden)@127.0.0.1:1/messages ${told}`);
  const all = new CanaryAnswers();
  all.enter(httpAnswer({ status, url: URL }), refusal);
  expect(all.refusal).toBe(refusal);
});
