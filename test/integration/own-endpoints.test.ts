/** A user's table of endpoints, on servers that stand still or are slow by nature. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { root } from "./k6.ts";
import { recordIn, throughlineIn } from "./throughline.ts";

const FILE = `import { defineEndpoints } from "throughline";

export default defineEndpoints({
  name: "shelf",
  variables: { SHELF_URL: "http://127.0.0.1:1" },
  address: ({ SHELF_URL }) => SHELF_URL,
  endpoints: [{ name: "books", path: "/books", fields: { count: 3 }, objective: "p(95) < 2000" }],
});
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-own-endpoints-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "shelf.pipeline.ts"), FILE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @param delay ms before request number `place` is answered. */
async function runOn(id: string, delay: (place: number) => number) {
  let asked = 0;
  const shelf = createServer(async (_, reply) => {
    await pause(delay(asked++));
    reply.end('{"count":3}');
  });
  await new Promise<void>((resolve) => shelf.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    shelf.closeAllConnections();
    shelf.close();
  });
  const url = `http://127.0.0.1:${(shelf.address() as AddressInfo).port}`;
  const load = [`SHELF_URL=${url}`, "VUS=30", "THINK_TIME=50ms"].flatMap((setting) => ["--set", setting]);
  const run = ["run", "shelf", "--duration", "8s", "--run-id", id, "--out", "results", ...load];
  const { stdout, stderr } = await throughlineIn(folder, ...run);
  const { verdict, reasons } = await recordIn(join(folder, "results"), id);
  return {
    verdict,
    reasons: reasons.map(({ text, evidence }) => `${text}: ${evidence}`).join("\n"),
    said: stdout + stderr,
  };
}

test("what stands still once for two seconds fails, although p95 is met", async () => {
  // The setup asks once; a second later all thirty visitors wait, once each.
  const { verdict, reasons, said } = await runOn("still", (place) => (place > 600 && place <= 630 ? 2_000 : 5));
  expect(verdict, said).toBe("FAIL");
  expect(reasons).toMatch(/^.*http_outage_ms.*must be max < 1000.*books for 2\.\d s from \d\d:\d\d:\d\dZ/);
  expect(reasons).not.toContain("endpoint_books_latency_ms");
});

test("what takes more than a second by nature passes", async () => {
  const { verdict, said } = await runOn("slow", () => 1_100);
  expect(verdict, said).toBe("PASS");
});
