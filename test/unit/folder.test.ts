import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { writeFileWhole } from "../../cli/files.ts";
import { makeFolder } from "../../cli/run/folder.ts";
import { lineOf } from "../../cli/run/progress.ts";
import { ACCOUNT } from "./records.ts";

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "throughline-folder-"));
});
afterEach(() => rm(out, { recursive: true, force: true }));

describe("the folder of a run", () => {
  test("is made for it alone", async () => {
    expect(await makeFolder(out, "nightly", "http")).toEqual({ run: "nightly", path: join(out, "nightly") });
    await expect(makeFolder(out, "nightly", "http")).rejects.toThrow(
      `--run-id nightly: ${join(out, "nightly")} exists`,
    );
  });

  test("has a name of its own when several start in one second", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(out, undefined, "websocket nats")));
    expect(new Set(made.map(({ run }) => run)).size).toBe(8);
    for (const { run } of made) expect(run).toMatch(/^websocket-nats-\d{8}-\d{6}(-\d)?$/);
  });

  test("that cannot be made is the fault of --out", async () => {
    await expect(makeFolder("/dev/null/results", undefined, "http")).rejects.toThrow(RangeError);
    await expect(makeFolder("/dev/null/results", undefined, "http")).rejects.toThrow(
      "--out /dev/null/results: cannot be written: it, or a part of its path, is a file; allowed: a folder",
    );
  });
});

test("a folder that cannot be made is refused, and nobody waits for it", async () => {
  await expect(makeFolder("/proc/none/here", undefined, "x")).rejects.toThrow(
    /^--out \/proc\/none\/here: cannot be written/,
  );
  await expect(makeFolder(`${import.meta.filename}/here`, undefined, "x")).rejects.toThrow(/cannot be written/);
});

describe("a file", () => {
  test("is written as a whole", async () => {
    await writeFileWhole(join(out, "result.json"), "first");
    await writeFileWhole(join(out, "result.json"), "second");
    expect(await readFile(join(out, "result.json"), "utf8")).toBe("second");
    expect(await readdir(out)).toEqual(["result.json"]);
  });

  test("is written where a link leads, and the link stays", async () => {
    await mkdir(join(out, "shared"));
    await symlink("shared/report.html", join(out, "report.html"));
    // At first it leads to what is not there yet.
    for (const text of ["first", "second"]) await writeFileWhole(join(out, "report.html"), text);
    expect(await readlink(join(out, "report.html"))).toBe("shared/report.html");
    expect(await readFile(join(out, "shared/report.html"), "utf8")).toBe("second");
  });

  test.runIf(existsSync("/dev/shm"))("in a folder of /dev is one as any other", async () => {
    const memory = await mkdtemp("/dev/shm/throughline-folder-");
    onTestFinished(() => rm(memory, { recursive: true, force: true }));
    for (const text of ["first", "second"]) await writeFileWhole(join(memory, "run/result.json"), text);
    expect(await readFile(join(memory, "run/result.json"), "utf8")).toBe("second");
  });

  test("that is a pipe is written to, and stays one", async () => {
    const pipe = join(out, "pipe");
    await execa("mkfifo", [pipe]);
    const [text] = await Promise.all([readFile(pipe, "utf8"), writeFileWhole(pipe, "text")]);
    expect(text).toBe("text");
    expect((await lstat(pipe)).isFIFO()).toBe(true);
  });

  test("that cannot be written leaves nothing, and says why", async () => {
    await mkdir(join(out, "result.json"));
    await expect(writeFileWhole(join(out, "result.json"), "text")).rejects.toThrow(
      `cannot write ${join(out, "result.json")}: EISDIR`,
    );
    expect(await readdir(out)).toEqual(["result.json"]);
    await expect(writeFileWhole("/dev/null/result.json", "text")).rejects.toThrow(
      "cannot write /dev/null/result.json: E",
    );
  });
});

describe("a line of progress", () => {
  test.each<[string, Parameters<typeof lineOf>, string | null]>([
    [
      "tells the account",
      [{ ...ACCOUNT, published: 9, delivered: 7, expected: 10, unknown: 2 } as never, 60, 20_000],
      `9 published, 7 of 10 deliveries, backlog 3, p99 ${ACCOUNT.latency.p99.toFixed(1)} ms, 2 errors, 40 s to go`,
    ],
    ["is silent before the first event", [{ ...ACCOUNT, published: 0 } as never, 60, 0], null],
    ["tells the time where nothing is accounted", [null, 60, 45_000], "45 s, 15 s to go"],
    ["tells that the load is over", [null, 60, 60_500], "61 s, ending"],
  ])("%s", (_, args, line) => {
    expect(lineOf(...args)).toBe(line);
  });
});
