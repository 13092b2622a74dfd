import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../cli/config.ts";
import { buildNamed } from "../../cli/own/find.ts";
import { whyUnread } from "../../core/problem.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-input-"));
  await mkdir(join(folder, "place.pipeline.ts"));
  await writeFile(join(folder, "five.pipeline.ts"), "export default 5;\n");
  await writeFile(join(folder, "empty.pipeline.ts"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a pipeline file", () => {
  test.each([
    ["place", "is a folder; allowed: a file"],
    ["none", "there is no such file"],
    ["five", "exports no pipeline; allowed: export default definePipeline({ ... }) or defineEndpoints({ ... })"],
    ["empty", "exports no pipeline; allowed: export default definePipeline({ ... }) or defineEndpoints({ ... })"],
  ])("that is wanted by its name %s says what is wrong with it, and nothing else", async (name, what) => {
    const found = buildNamed(root, [join(folder, `${name}.pipeline.ts`)], name);
    await expect(found).rejects.toThrow(RangeError);
    await expect(found).rejects.toThrow(
      new RegExp(`^\\S*${name}\\.pipeline\\.ts: ${what.replaceAll(/[(){}.]/g, "\\$&")}$`),
    );
  });
});

test("a file that was not read says why in words", async () => {
  const reasonOf = (file: string) => readFile(file).then(String, whyUnread);
  expect(await reasonOf(join(folder, "none"))).toBe("cannot be read: there is none of that name");
  expect(await reasonOf(folder)).toBe("cannot be read: it is a folder; allowed: a file");
  expect(await reasonOf(join(folder, "empty.pipeline.ts/a"))).toBe("cannot be read: a part of its path is a file");
  expect(whyUnread(new Error("EIO: i/o error"))).toBe("cannot be read: EIO: i/o error");
  await expect(readConfig(folder)).rejects.toThrow(`--config ${folder}: cannot be read: it is a folder`);
});
