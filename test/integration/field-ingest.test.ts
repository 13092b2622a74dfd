/** `throughline run` on an ingestor as it is in the field: a part of a batch is stored when half a minute is over. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { recordIn, throughlineIn } from "./throughline.ts";
import { untimedFlags } from "./untimed.ts";

test("ingest passes", async () => {
  const out = await mkdtemp(join(tmpdir(), "throughline-field-"));
  onTestFinished(() => rm(out, { recursive: true, force: true }));
  const load = ["--events", "1007", "--rate", "200", ...untimedFlags("ingest")];
  const args = ["run", "ingest", "--as", "real", ...load, "--out", out, "--run-id", "ingest"];
  const { exitCode, stdout } = await throughlineIn(out, ...args);
  const { reasons } = await recordIn(out, "ingest");
  expect({ exitCode, reasons }, stdout).toEqual({ exitCode: 0, reasons: [] });
});
