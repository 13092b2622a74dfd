import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { eventId, traceHash } from "../../core/trace.ts";
import { settings } from "../../k6/support/settings.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";
import { composeFile, root } from "../deployment.ts";
import { type Block, blocksOf, linesToRun, PAGES } from "../documents.ts";

const blocks = PAGES.flatMap((page) => blocksOf(page));
const needing = (what: string) => blocks.filter(({ needs }) => needs === what);

describe("blocks of commands", () => {
  test("are found with their place and their mark", () => {
    const text = "a\n```sh\none \\\n  two\n# no\n```\n```\nthree\n```\n```sh needs=docker\nfour\n```\n";
    const found = blocksOf("page.md", text);
    expect(found.map(({ line, needs }) => [line, needs])).toEqual([
      [2, null],
      [10, "docker"],
    ]);
    expect(linesToRun(found[0] as Block)).toEqual(["one two"]);
    expect(() => blocksOf("page.md", "```sh skip\nfour\n```\n")).toThrow("page.md:1: sh skip: allowed");
  });

  test("are in the pages", () => {
    expect(blocks.filter(({ needs }) => needs === null).length).toBeGreaterThan(12);
    for (const what of ["docker", "kubernetes", "cloud"]) expect(needing(what).length).toBeGreaterThan(0);
  });

  test.each(blocks.filter(({ needs }) => needs !== null))(
    "$file:$line needs what it is marked with",
    ({ needs, code }) => {
      const programs = { docker: /\bdocker /, kubernetes: /\bkubectl /, cloud: /\bk6 cloud / };
      expect(code).toMatch(programs[needs as keyof typeof programs]);
    },
  );
});

/** As a shell would have it. */
const dated = (text: string) => text.replaceAll(/\$\(date \+%s\)/g, "1764500000");

test("no page names a run so that a second run of the same commands would collide with it", () => {
  const fixed = PAGES.flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/(?:\bRUN_ID=|--run-id[ =])(?!\S*\$)[A-Za-z0-9]\S*/g)].map(
      ([named]) => `${page}: ${named}`,
    ),
  );
  expect(fixed).toEqual([]);
});

/** What a block gives to a k6 command: what it exports before, and the command's own variables. */
function variablesOf(block: Block, line: string): Record<string, string> {
  const exported = linesToRun(block)
    .filter((one) => one.startsWith("export "))
    .join(" ");
  const pairs = [...dated(exported).matchAll(/\b([A-Z][A-Z0-9_]*)=(\S+)/g), ...line.matchAll(/-e ([A-Z0-9_]+)=(\S+)/g)];
  return Object.fromEntries(pairs.map(([, name, value]) => [name as string, value as string]));
}

const k6Commands = blocks.flatMap((block) =>
  linesToRun(block).flatMap((line) => {
    const [, name] = /\b(?:k6|k6:[\d.]+) (?:cloud )?(?:run|inspect) .*?\b(\w+)\.(?:js|tar)\b/.exec(line) ?? [];
    return name === undefined
      ? []
      : [{ place: `${block.file}:${block.line}`, line, name, given: variablesOf(block, line) }];
  }),
);

test("there are k6 commands in the pages", () => {
  expect(k6Commands.length).toBeGreaterThan(15);
  expect(k6Commands.find(({ place }) => place.startsWith("docs/nats.md"))?.given["RUN_ID"]).toBe("nats-1764500000");
});

/** Bundles of another name than that of their test. */
const BUNDLES: Readonly<Record<string, string>> = { sockets: "websocket" };

test.each(k6Commands)("$place: $name takes the variables that it is given", ({ name: bundle, given }) => {
  const name = BUNDLES[bundle] ?? bundle;
  expect(Object.keys(VARIABLES)).toContain(name);
  const known = Object.keys(VARIABLES[name as RunnableTest]);
  for (const key of Object.keys(given)) {
    if (!/^(SLO|K6)_/.test(key)) expect(known).toContain(key);
  }
  expect(() => settings(name as RunnableTest, given)).not.toThrow();
});

test("what is typed works in a fresh clone: programs in dist/ are there once they are built", () => {
  const codes = blocks.map(({ code }) => code).filter((code) => code.includes("node dist/node/"));
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) {
    expect(code).not.toMatch(/node dist\/node\/(?:throughline|receiver)\.js/);
    expect(code.indexOf("npm run build")).toBe(0);
  }
});

test("commands for Docker name services and profiles of docker-compose.yml that go together", () => {
  const code = needing("docker")
    .map((block) => block.code)
    .join("\n");
  const commands = [...code.matchAll(/docker compose (?:--profile (\S+) )?(up -d|run --rm(?: --build)?|logs) (.+)/g)];
  expect(commands.length).toBeGreaterThan(8);
  for (const [command, profile, verb = "", names = ""] of commands) {
    // Behind the service that is run stands what it is told.
    for (const name of verb.startsWith("run") ? names.split(" ").slice(0, 1) : names.split(" ")) {
      const service = composeFile.services[name];
      expect(service, command).toBeDefined();
      // Compose starts a service that is named whatever its profile is, but not those that it waits for.
      const alone = verb.startsWith("run") && service?.depends_on === undefined;
      if (service?.profiles !== undefined && !alone) expect(service.profiles, command).toContain(profile);
    }
  }
});

test.each(PAGES)("%s names files that are there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) => join(dirname(page), link as string));
  const named = [...text.matchAll(/\b((?:deploy|test|k6|workload|target|bench)\/[\w./-]+\.\w+)/g)].map(
    ([, path]) => path as string,
  );
  for (const path of [...links, ...named]) expect(existsSync(join(root, path)), path).toBe(true);
});

test("the package carries what its README and its docs link to", () => {
  const { files } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { files: string[] };
  const carried = ["README.md", "LICENSE", ...files];
  const links = [...PAGES, "README.md"].flatMap((page) =>
    [...readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)#:]+)\)/g)].map(([, link]) =>
      join(dirname(page), link as string),
    ),
  );
  const missing = links.filter((path) => !carried.some((one) => path === one || path.startsWith(`${one}/`)));
  // A workflow is copied from the repository.
  expect([...new Set(missing)]).toEqual([".github/workflows/load-test.yml"]);
});

test("docs/getting-started.md finds an event in a log by its sequence number", () => {
  const trace = { run: 0xdeadbeef, publisher: 9, seq: 777, publishedAt: Date.UTC(2026, 10, 21) };
  const { code } = blocks.find((block) => block.code.includes("printf %08x 777")) as Block;
  const patterns = [...code.matchAll(/grep -E "(.+)\$seq"/g)].map(([, start]) => new RegExp(`${start}00000309`));
  const log = [eventId(trace), traceHash(trace)];
  expect(patterns.map((pattern) => log.map((line) => pattern.test(line)))).toEqual([
    [true, false],
    [false, true],
  ]);
});

test("docs/README.md lists every page", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  for (const page of PAGES) {
    if (!page.endsWith("README.md")) expect(index).toContain(`](${page.slice("docs/".length)})`);
  }
});
