/** Command lines of our programs, damaged: each ends in order, and complains in one line. */
import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { expect, test } from "vitest";
import { root } from "./k6.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 8);
/** Programs that are started at the same time. */
const TOGETHER = 2;

/** What may stand for the value of an option. */
const VALUES = fc.oneof(
  fc.constantFrom("", " ", "-1", "0", "65536", "1e3", "NaN", "[", "{}", '{"delay":1e400}', "a\nb", "\u001b[31m", "💥"),
  fc.constantFrom("..", "/etc/passwd", "http://", "nats://", "drop=", "drop=0", "__proto__", "--", "x".repeat(10_000)),
  fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.includes("\u0000")),
);
const PROGRAMS: readonly (readonly [program: string, options: readonly string[], given: readonly string[]])[] = [
  ["receiver", ["--port", "--host", "--secret", "--settle-at", "--misbehave", "--prot"], ["--exit-with-stdin"]],
  ["pulse", ["--port", "--host", "--nats", "--stream", "--chain-ids", "--fault"], ["--exit-with-stdin"]],
  // With right values it would wait for its servers: one of the options is always wrong.
  ["ethhook", ["--part", "--concurrency", "--stream", "--fault", "--name"], ["--port", "x"]],
  ["throughline", ["setup", "--database", "--receiver-url", "--falt"], ["setup", "ethhook", "--database", "x"]],
];

test.each(PROGRAMS)("%s outlives any command line", async (program, options, given) => {
  const lines = fc.array(fc.tuple(fc.constantFrom(...options), VALUES), { minLength: 1, maxLength: 3 });
  const samples = fc.sample(lines, { seed: SEED, numRuns: RUNS }).map((pairs) => [...given, ...pairs.flat()]);
  for (let first = 0; first < samples.length; first += TOGETHER) {
    await Promise.all(samples.slice(first, first + TOGETHER).map((args) => outlives(program, args)));
  }
});

test("output on a full disk is no success, and what is missing is said", async () => {
  const program = [process.execPath, join(root, "throughline.mjs"), "baseline", "list"];
  const { exitCode, stderr } = await execa("bash", ["-c", '"$@" > /dev/full', "bash", ...program], { reject: false });
  expect(stderr).toMatch(/^throughline: cannot write standard output: ENOSPC: .*: make room there, or /);
  expect(exitCode).toBe(3);
});

async function outlives(program: string, args: readonly string[]): Promise<void> {
  const what = `FUZZ_SEED=${SEED}: ${program} ${JSON.stringify(args)}`;
  const { exitCode, timedOut, stderr } = await execa(
    process.execPath,
    [join(root, `dist/node/${program}.js`), ...args],
    {
      reject: false,
      stdin: "ignore",
      timeout: 20_000,
    },
  );
  expect(timedOut, what).toBe(false);
  expect([0, 1, 2, 3], `${what}: ${stderr}`).toContain(exitCode);
  expect(stderr, what).not.toMatch(/^ {4}at |node:internal|UnhandledPromise/m);
  if (exitCode === 2) {
    const [complaint, ...rest] = stderr.trim().split("\n");
    // Only a hint at the right spelling may follow.
    expect(
      rest.filter((line) => !line.startsWith("(Did you mean")),
      what,
    ).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may reach a terminal
    expect(complaint, what).toMatch(/^[^\u0000-\u001f]+$/);
  }
}
