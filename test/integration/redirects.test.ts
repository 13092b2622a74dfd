/** No publisher of ours follows a redirect: k6 asks on without the event, and what answers then has taken nothing. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { template } from "../../cli/own/templates.ts";
import { identitiesIn } from "../../core/identity.ts";
import { CANARY_PUBLISHER } from "../../core/trace.ts";
import { root, runBundle } from "./k6.ts";
import { ELSEWHERE, redirectingTarget } from "./redirecting.ts";
import { recordIn, throughlineIn } from "./throughline.ts";

const ABORTED = 108;

test("an event of one's own pipeline that is sent elsewhere is unknown, and the answer is quoted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-redirects-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "orders.pipeline.ts"), template("orders", "http", "list"));
  const target = await redirectingTarget((text) => {
    const [identity] = identitiesIn(text, { runs: [], at: Date.now() }).identities;
    return identity?.publisher !== CANARY_PUBLISHER && identity?.seq === 17;
  });
  const addresses = ["--set", `EVENTS_URL=${target.url}/events`, "--set", `LIST_URL=${target.url}/events`];
  const load = ["--rate", "40", "--events", "60", "--run-id", "sent", "--out", "results", "--set", "DRAIN_QUIET=1s"];
  const { stdout, stderr } = await throughlineIn(folder, "run", "orders", ...addresses, ...load);
  const { account } = await recordIn(join(folder, "results"), "sent");
  expect(account, stdout + stderr).toMatchObject({ published: 60, acknowledged: 59, unknown: 1, lost: 0 });
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`302 redirected to ${ELSEWHERE}`);
  expect(target.followed).toEqual([]);
});

test("webhook.js is not sent elsewhere", async () => {
  const target = await redirectingTarget(() => true);
  const variables = { WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: "hunter2-of-nobody", CANARY_TIMEOUT: "2s", DURATION: "2s" };
  const { exitCode, stdout, log } = await runBundle("webhook", { SIGNALS_URL: target.url, ...variables });
  expect(target.posted(), stdout + log).toBeGreaterThan(0);
  expect(target.followed).toEqual([]);
  expect(exitCode, stdout + log).toBe(ABORTED);
});
