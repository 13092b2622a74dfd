/** Subscribers that come and go, against the reference gateway. */
import { expect, test } from "vitest";
import { gatewayWith, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";

useNats();

test("a client that would stay beyond the end of the load leaves with it, and is not cut off", async () => {
  const { wsUrl } = await gatewayWith();
  const churn = { SCENARIO: "churn", VUS: "2", DURATION: "4s", SESSION: "5m", PING_EVERY: "500ms" };
  const { stdout } = await runBundle("websocket", { WS_URL: wsUrl, ...churn, SUMMARY: "/dev/stderr" });
  expect(stdout).toContain("websocket, scenario churn");
  // Both have unsubscribed: only then does an iteration end by itself.
  expect(stdout).toMatch(/script_errors +count == 0 +0 +[2-9]/);
});
