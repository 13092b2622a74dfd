import { describe, expect, test } from "vitest";
import type { Account } from "../../core/account.ts";
import { describeAstray, describeRefusal } from "../../core/misdirection.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { type Answer, httpAnswer } from "../../core/transport.ts";

const PIPELINE = {
  variables: { API_URL: "http://127.0.0.1:3000", EVENTS_URL: "http://u:p@127.0.0.1:3000/evnts/", COLOUR: "red" },
  observe: { kind: "request", paths: { billing: {}, audit: {} } },
} as unknown as AnyPipeline;
const PLACES = {
  EVENTS_URL: "orders.pipeline.ts:7",
  publish: "orders.pipeline.ts:12",
  "events.write": "orders.pipeline.ts:10",
  "observe.paths": "orders.pipeline.ts:20",
};
const ONE_URL = { ...PIPELINE, variables: { EVENTS_URL: "http://127.0.0.1:3000/evnts" } };

const at = (status: number, url: string, body = "") => httpAnswer({ status, url, body });
const EVENTS = "http://u:p@127.0.0.1:3000/evnts?key=1";

describe("an answer to a canary", () => {
  test.each<[string, Answer, number, AnyPipeline, Record<string, string>, string | null]>([
    [
      "names address, words and the line of the variable that it was made of",
      at(404, EVENTS, "no such route"),
      ...([0, PIPELINE, {}] as const),
      "http://(hidden)@127.0.0.1:3000/evnts is answered 404 no such route: mend EVENTS_URL in orders.pipeline.ts:7, or give another: --set EVENTS_URL=...",
    ],
    [
      "names no line where the variable was given for the run",
      at(405, "http://elsewhere/x"),
      ...([0, PIPELINE, { THROUGHLINE_EVENTS_URL: "http://elsewhere/x" }] as const),
      "http://elsewhere/x is answered 405: mend EVENTS_URL as it is given for this run, or give another: --set EVENTS_URL=...",
    ],
    [
      "that tells no address may be of the only one",
      "refused",
      ...([404, ONE_URL, {}] as const),
      "publish() is answered 404: mend EVENTS_URL in orders.pipeline.ts:7, or give another: --set EVENTS_URL=...",
    ],
    [
      "from an address that no variable has is for publish",
      at(410, "http://fixed/events"),
      ...([0, PIPELINE, {}] as const),
      "http://fixed/events is answered 410: mend publish in orders.pipeline.ts:12",
    ],
    [
      "about the event names where it is made",
      at(422, "http://127.0.0.1:3000/evnts", "amount: required"),
      ...([0, PIPELINE, {}] as const),
      "http://127.0.0.1:3000/evnts is answered 422 amount: required: mend events.write in orders.pipeline.ts:10",
    ],
    ["that may be another next time is none", at(429, EVENTS), 0, PIPELINE, {}, null],
    ["of a server that is ill is none", at(503, EVENTS), 0, PIPELINE, {}, null],
    ["without a status is none", { outcome: "refused", said: "no" }, 0, PIPELINE, {}, null],
  ])("%s", (_, answer, answered, pipeline, given, told) => {
    expect(describeRefusal(answer, answered, { pipeline, places: PLACES, given })).toBe(told);
  });
});

describe("canaries on a path that the pipeline does not have", () => {
  const account = (...canariesAstray: string[]) => ({ farEnd: { canariesAstray } }) as unknown as Account;
  const unread = (readingRefused: object) => ({ ready: 0, farEnd: { readingRefused } }) as unknown as Account;
  const refused = (canaryRefused: string) => ({ farEnd: { canaryRefused } }) as unknown as Account;
  const given = { ...PIPELINE, observe: { ...PIPELINE.observe, receive: () => "" } } as unknown as AnyPipeline;

  test.each<[string, Account | null, AnyPipeline, string | null]>([
    [
      "are told with both paths and what to change",
      account("biling", "audi"),
      PIPELINE,
      "a canary arrived on /hooks/biling, and is due on /hooks/billing, /hooks/audit: change where your system sends to, or the names in observe.paths (orders.pipeline.ts:20)",
    ],
    [
      "where the file's own code says the path",
      account(""),
      given,
      "a canary arrived on no path, and is due on billing, audit: change the path that its far end gives, or the names in observe.paths (orders.pipeline.ts:20)",
    ],
    [
      "are told beside all paths",
      account("/hook/audit"),
      PIPELINE,
      "a canary came to /hook/audit of the receiver, which takes webhooks at /hooks/ and a path: send them to /hooks/billing, /hooks/audit",
    ],
    [
      "may also have been refused where they are due, by the file's own words",
      refused("no such tenant"),
      given,
      "a canary came, and receive() refused it: no such tenant; mend receive in orders.pipeline.ts:20, or what your system sends",
    ],
    [
      "because its own code threw an error",
      refused("orders.pipeline.ts:29: receive() throws ReferenceError: createHmac is not defined"),
      given,
      "a canary came, and orders.pipeline.ts:29: receive() throws ReferenceError: createHmac is not defined: mend receive()",
    ],
    [
      "are to be read at an address that is answered for good, with its variable",
      unread({ variable: "EVENTS_URL", said: "EVENTS_URL (http://a/x) is answered 404 no" }),
      PIPELINE,
      "EVENTS_URL (http://a/x) is answered 404 no: mend EVENTS_URL in orders.pipeline.ts:7, or give another: --set EVENTS_URL=...",
    ],
    [
      "are to be read, and the question is refused for good",
      unread({ variable: null, said: "the far end is answered 422 no: mend rows()" }),
      PIPELINE,
      "the far end is answered 422 no: mend rows()",
    ],
    [
      "or for their signature, which is made with a secret",
      refused("wrong signature"),
      { ...given, variables: { WEBHOOK_SECRET: { secret: true } } } as unknown as AnyPipeline,
      "a canary came, and receive() refused it: wrong signature; look at WEBHOOK_SECRET: the sender must sign with the same, in the header that receive() reads; else mend receive in orders.pipeline.ts:20, or what your system sends",
    ],
    ["are none", account(), PIPELINE, null],
    ["are not known", null, PIPELINE, null],
  ])("%s", (_, told, pipeline, text) => expect(describeAstray(told, pipeline, PLACES)).toBe(text));
});
