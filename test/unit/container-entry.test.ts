import { chmod, chown, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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
  const says = [
    'import { accessSync } from "node:fs";',
    "accessSync(process.env.HOME);",
    "console.log(JSON.stringify([process.getuid(), process.cwd(), process.argv.slice(2)]));",
  ].join("\n");
  await writeFile(join(folder, "dist/node/throughline.js"), says);
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the command runs as the owner of results/, in the folder above it, with what it was given and a home it may enter", async () => {
  if (isRoot) await chown(join(folder, "results"), 12_345, 12_345);
  if (isRoot) await chown(folder, 12_345, 12_345);
  // As /root is in the image: only its owner may look into it.
  const home = join(folder, "home");
  await mkdir(join(home, "inside"), { recursive: true });
  await chmod(home, 0o700);
  const command = [join(folder, "deploy/docker/entry.mjs"), "run", "pipeline"];
  const { stdout } = await execa(process.execPath, command, { env: { HOME: join(home, "inside") } });
  const owner = isRoot ? 12_345 : process.getuid?.();
  expect(JSON.parse(stdout)).toEqual([owner, folder, ["run", "pipeline"]]);
});
