/** What the first virtual user makes for the others. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { settings } from "../../k6/support/settings.ts";
import { TESTS } from "../../scenarios.ts";

/** Its types are nowhere. */
const BUNDLER = "../../bundle.mjs";

interface Bundler {
  bundleForK6(file: string, bundle: string, options?: { readonly isScript: boolean }): Promise<void>;
}

/** As k6 has it: made once, and the same for all virtual users. */
const arrays = new Map<string, unknown[]>();
vi.mock("k6/data", () => ({
  // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
  SharedArray: function (name: string, make: () => unknown[]) {
    if (!arrays.has(name)) arrays.set(name, make());
    return arrays.get(name);
  },
}));

beforeEach(() => arrays.clear());
afterEach(() => vi.unstubAllGlobals());

async function handedIn(vu: number) {
  vi.resetModules();
  vi.stubGlobal("__VU", vu);
  return (await import("../../k6/support/handed.ts")).handed;
}

test("others get what the first made, as far as they need it, and make nothing", async () => {
  const first = await handedIn(0);
  const make = () => ({ names: ["a"], rule: /b/ });
  expect(
    first("one", make, ({ names }) => ({ names, rule: /c/ })),
    "the first",
  ).toEqual(make());
  const other = await handedIn(7);
  const never = () => {
    throw new Error("made again");
  };
  expect(other("one", never), "another").toEqual({ names: ["a"], rule: {} });
});

test.each(TESTS)("the settings of %s are the same as a copy", (name) => {
  const { slos, ...told } = settings(name, {});
  expect(slos.length).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(told))).toEqual(told);
});

test("in a bundle, what only the first needs is a function that the others do not call", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-bundle-"));
  try {
    const { bundleForK6 } = (await import(BUNDLER)) as Bundler;
    await bundleForK6("k6/http.ts", join(folder, "http.js"));
    const text = readFileSync(join(folder, "http.js"), "utf8");
    expect(text).toMatch(/^ +function summarize\(/m);
    expect(text).not.toMatch(/^function summarize\(/m);
    expect(text).toMatch(/^function guarded\(/m);
    expect(text).not.toContain("import(");
    const imported = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(([, module]) => module);
    expect(imported, "each module of k6 once").toEqual([...new Set(imported)]);
    expect(imported).toEqual(expect.arrayContaining(["k6", "k6/execution", "k6/http", "k6/metrics"]));
    const [, map = ""] = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(text) ?? [];
    const { sources } = JSON.parse(Buffer.from(map, "base64").toString()) as { sources: string[] };
    expect(sources.length).toBeGreaterThan(50);
    const files = sources.filter((source) => !source.startsWith("k6:"));
    for (const file of files) expect(existsSync(join(folder, file)), file).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("of a script, the first level is one function, made for those who run it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "throughline-bundle-"));
  try {
    const { bundleForK6 } = (await import(BUNDLER)) as Bundler;
    await bundleForK6("k6/redis.ts", join(folder, "redis.js"), { isScript: true });
    const text = readFileSync(join(folder, "redis.js"), "utf8");
    expect(text).toMatch(
      /\}const\{compareClock:export0,.*trim:export6\}=await test\(\);export\{export0 as compareClock,/,
    );
    const firstLevel = text
      .slice(0, text.indexOf("async function test(){"))
      .replaceAll(/import\{[^}]*\}from"[^"]*";/g, "");
    expect(firstLevel, "modules of k6, and no more").toBe("");
    await bundleForK6("k6/redis.ts", join(folder, "module.js"));
    const module = readFileSync(join(folder, "module.js"), "utf8");
    // Several chunks of import() share it, and nothing else does.
    expect(module).toMatch(/^ +function safeParse\(/m);
    expect(module).not.toMatch(/^function safeParse\(/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
