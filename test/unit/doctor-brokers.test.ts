/** What doctor finds at brokers: those of this file speak just enough of their protocols. */
import { describe, expect, test } from "vitest";
import { settings } from "../../k6/support/settings.ts";
import { entriesCheck } from "../../systems/ethhook/cli/door.ts";
import { streamCheck } from "../../systems/pulse/cli/natsdoor.ts";
import { listener, shown } from "./doctor-servers.ts";

describe("a Redis", () => {
  /** A server that answers each command by its name, and the same to all others. */
  const redis = (answers: Readonly<Record<string, string>>) =>
    listener((socket) => {
      socket.on("data", (data) => {
        const commands = [...String(data).matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)].map(([, name]) => name?.toUpperCase());
        for (const name of commands) socket.write(answers[name ?? ""] ?? answers["*"] ?? "+OK\r\n");
      });
    });

  test.each<[string, Readonly<Record<string, string>>, boolean | null, RegExp]>([
    ["that holds the stream", { TYPE: "+stream\r\n" }, true, /^events:11155111 is there/],
    ["without the stream", { TYPE: "+none\r\n" }, null, /^events:11155111 is not there yet -> the run makes it/],
    ["whose key is something else", { TYPE: "+string\r\n" }, false, /is a string, not a stream -> --set STREAM/],
    [
      "that asks who we are",
      { "*": "-NOAUTH Authentication required.\r\n" },
      false,
      /cannot log in: NOAUTH.* -> redis:/,
    ],
    ["that lets us only publish", { TYPE: "-NOPERM no permissions\r\n" }, null, /may not ask .* -> the run publishes/],
    ["of another part of a cluster", { TYPE: "-MOVED 42 10.0.0.1:6379\r\n" }, false, /^MOVED 42 .* -> give the node/],
    ["that is none", { "*": "HTTP/1.1 400 Bad Request\r\n\r\n" }, false, /is this a Redis server/],
  ])("%s", async (_, answers, ok, text) => {
    const url = `redis://${await redis(answers)}`;
    expect(shown(await entriesCheck(settings("redis", { REDIS_URL: url })))).toEqual([ok, expect.stringMatching(text)]);
  });
});

describe("a NATS", () => {
  const INFO =
    'INFO {"server_id":"A","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"auth_required":AUTH}\r\n';

  /** A server that lets in whom it should, and gives one answer to all requests; null is that nobody takes them. */
  const nats = (answer: object | "denied" | null, { login = true } = {}) =>
    listener((socket) => {
      socket.write(INFO.replace("AUTH", String(!login)));
      let inbox = "1";
      socket.on("data", (data) => {
        for (const line of String(data).split("\r\n")) {
          if (line === "PING") socket.write(login ? "PONG\r\n" : "-ERR 'Authorization Violation'\r\n");
          if (line.startsWith("SUB ")) inbox = line.split(" ").at(-1) ?? inbox;
          const [, reply] = /^H?PUB \$JS\.API\.STREAM\.INFO\.\S+ (\S+)/.exec(line) ?? [];
          if (reply === undefined) continue;
          if (answer === "denied") {
            const subject = line.split(" ")[1];
            socket.write(`-ERR 'Permissions Violation for Publish to "${subject}"'\r\n`);
          } else if (answer === null) {
            const head = "NATS/1.0 503\r\n\r\n";
            socket.write(`HMSG ${reply} ${inbox} ${head.length} ${head.length}\r\n${head}\r\n`);
          } else {
            const text = JSON.stringify(answer);
            socket.write(`MSG ${reply} ${inbox} ${text.length}\r\n${text}\r\n`);
          }
        }
      });
    });

  const STREAM = { config: { name: "CE", subjects: ["events.canonical.>"] }, state: { messages: 7, last_seq: 7 } };
  const MISSING = { error: { code: 404, err_code: 10059, description: "stream not found" } };

  test.each<[string, object | null, Record<string, string>, boolean | null, RegExp]>([
    ["with the stream", STREAM, {}, true, /^stream CE \(retention limits, .*\) holds 7 messages/],
    ["without the stream", MISSING, {}, false, /^stream CANONICAL_EVENTS: stream not found -> start the gateway/],
    ["without the stream, which is made", MISSING, { CREATE_STREAM: "1" }, null, /CREATE_STREAM=1 makes it/],
    ["whose stream takes other subjects", STREAM, { SUBJECT: "orders" }, false, /takes events.canonical.>, not orders/],
    ["without JetStream", null, {}, false, /^JetStream is not enabled -> start nats-server with -js/],
  ])("%s", async (_, answer, variables, ok, text) => {
    const url = `nats://${await nats(answer)}`;
    const check = await streamCheck(settings("nats", { NATS_URL: url, ...variables }));
    expect(shown(check)).toEqual([ok, expect.stringMatching(text)]);
  });

  test("that lets us only publish", async () => {
    const url = `nats://${await nats("denied")}`;
    expect(shown(await streamCheck(settings("nats", { NATS_URL: url })))).toEqual([
      null,
      expect.stringMatching(/^this user may not ask for stream CANONICAL_EVENTS: .* -> the run publishes/),
    ]);
  });

  test("that does not let us in", async () => {
    const url = `nats://${await nats(STREAM, { login: false })}`;
    expect(shown(await streamCheck(settings("nats", { NATS_URL: url })))).toEqual([
      false,
      expect.stringMatching(/^cannot log in: .* -> set THROUGHLINE_NATS_USER/),
    ]);
  });
});
