import { chown, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../deployment.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;

/** A folder laid as the image runner, with a command that says who runs it and with what. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-entry-"));
  await cp(join(root, "deploy/docker/entry.mjs"), join(folder, "deploy/docker/entry.mjs"));
  await mkdir(join(folder, "dist/node"), { recursive: true });
  await mkdir(join(folder, "results"));
  const says = "console.log(JSON.stringify([process.getuid(), process.cwd(), process.argv.slice(2)]));";
  await writeFile(join(folder, "dist/node/throughline.js"), says);
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the command runs as the owner of results/, in the folder above it, with what it was given", async () => {
  if (isRoot) await chown(join(folder, "results"), 12_345, 12_345);
  if (isRoot) await chown(folder, 12_345, 12_345);
  const { stdout } = await execa(process.execPath, [join(folder, "deploy/docker/entry.mjs"), "run", "pipeline"]);
  const owner = isRoot ? 12_345 : process.getuid?.();
  expect(JSON.parse(stdout)).toEqual([owner, folder, ["run", "pipeline"]]);
});
