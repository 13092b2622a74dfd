/** The addresses in a user's file, asked before the load. */

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { askAddresses, refuseUnanswered } from "../../cli/own/addresses.ts";
import { addressesIn, secretNames } from "../../core/ownvariables.ts";
import { signatureHint } from "../../core/refusedcredentials.ts";

const DECLARED = {
  variables: { EVENTS_URL: "http://127.0.0.1:1/events", HOOK_SECRET: { meaning: "key", secret: true }, COLOUR: "red" },
};

/** A port on which something listens, and one on which nothing does any more. */
async function ports() {
  const listen = () =>
    new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1", () => resolve(server));
    });
  const [open, closed] = [await listen(), await listen()];
  const port = (server: typeof open) => (server.address() as AddressInfo).port;
  const found = { open: port(open), closed: port(closed), close: () => open.close() };
  await new Promise((resolve) => closed.close(resolve));
  return found;
}

test("one that nothing listens at is named with its variable and what to do; one that answers is not", async () => {
  const { open, closed, close } = await ports();
  const dead = { EVENTS_URL: `http://me:secret@127.0.0.1:${closed}/events?key=1` };
  await expect(refuseUnanswered(DECLARED, dead, 0)).rejects.toThrow(
    `EVENTS_URL address http://127.0.0.1:${closed}/events: connect ECONNREFUSED 127.0.0.1:${closed}: ` +
      "start what listens there, or give another: --set EVENTS_URL=...",
  );
  await refuseUnanswered(DECLARED, { EVENTS_URL: `http://127.0.0.1:${open}/events` }, 0);
  const [check] = await askAddresses(DECLARED, { EVENTS_URL: `nats://127.0.0.1:${open}` }, 0);
  expect(check).toMatchObject({ what: "EVENTS_URL address", ok: true });
  close();
});

test("one at which the run's own receiver will listen is not asked before", async () => {
  const { open, closed, close } = await ports();
  close();
  const given = { EVENTS_URL: `http://localhost:${closed}/hooks/orders` };
  await expect(refuseUnanswered(DECLARED, given, open)).rejects.toThrow("ECONNREFUSED");
  await refuseUnanswered(DECLARED, given, closed);
  expect(await askAddresses(DECLARED, given, closed)).toEqual([]);
});

test("nor does one by another name of this machine end a run before it, as a target may find the receiver", async () => {
  const { open, closed, close } = await ports();
  close();
  const given = { EVENTS_URL: `http://0.0.0.0:${closed}/hooks/orders` };
  await expect(refuseUnanswered(DECLARED, given, open)).rejects.toThrow("ECONNREFUSED");
  await refuseUnanswered(DECLARED, given, closed);
  const [check] = await askAddresses(DECLARED, given, closed);
  expect(check).toMatchObject({ ok: null, remedy: expect.stringContaining("the receiver of a run will listen there") });
});

test("one whose name is not known here is only noted: the target may find this machine by it", async () => {
  const [check] = await askAddresses(DECLARED, { EVENTS_URL: "http://no-such-name.invalid/events" }, 0);
  expect(check?.ok).toBeNull();
});

test.each(["127.0.0.1:3000", "localhost:3000/events", "api.example", "[::1]:3000"])("%s has no scheme", async (url) => {
  await expect(askAddresses(DECLARED, { EVENTS_URL: url }, 0)).rejects.toThrow(
    `EVENTS_URL=${url}: has no scheme; allowed: a URL, as in http://${url}`,
  );
});

test.each(["", "nats://a:4222,nats://b:4222", "postgres:///orders", "weird://host", "/events"])(
  "%j is left to whoever reads it",
  async (url) => {
    expect(await askAddresses(DECLARED, { EVENTS_URL: url }, 0)).toEqual([]);
  },
);

test.each([
  [
    ["75 requests were refused: wrong signature"],
    ["HOOK_SECRET"],
    "look at HOOK_SECRET: the sender must sign with the same, in the header that receive() reads",
  ],
  [
    ["3 requests were refused: not signed"],
    ["A", "B"],
    "look at A, B: the sender must sign with the same, in the header that receive() reads",
  ],
  [
    ["3 requests were refused: wrong signature"],
    ["API_KEY", "WEBHOOK_SECRET"],
    "look at WEBHOOK_SECRET: the sender must sign with the same, in the header that receive() reads",
  ],
  [["75 requests were refused: wrong signature"], [], null],
  [["75 requests were refused: no such path"], ["HOOK_SECRET"], null],
  [["2 events were designed badly"], ["HOOK_SECRET"], null],
])("of %j with the secrets %j: %s", (causes, secrets, hint) => {
  expect(signatureHint(causes, secrets)).toBe(hint);
});

test("what a file declares of addresses and secrets, for messages", () => {
  expect(addressesIn(DECLARED, { THROUGHLINE_EVENTS_URL: "http://a:b@host/x" })).toEqual([
    "EVENTS_URL=http://(hidden)@host/x",
  ]);
  expect(secretNames(DECLARED)).toEqual(["HOOK_SECRET"]);
});
