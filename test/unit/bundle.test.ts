/** Which bundle `throughline run` has a k6 run. */
import { expect, test } from "vitest";
import { bundleFor } from "../../cli/run/bundle.ts";
import { kind } from "../../systems/pulse/cli/kind.ts";

test.each([
  ["websocket", ["k6/x/nats", "k6/x/sockets"], "sockets"],
  ["websocket", ["k6/x/nats"], "websocket"],
  ["websocket", [], "websocket"],
  ["nats", ["k6/x/nats", "k6/x/sockets"], "nats"],
] as const)("for %s, a k6 with %j runs dist/%s", (test, extensions, bundle) => {
  expect(bundleFor(test, kind, extensions)).toBe(bundle);
});
