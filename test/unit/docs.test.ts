import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
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

test("commands for Docker name services and profiles of docker-compose.yml that go together", () => {
  const code = needing("docker")
    .map((block) => block.code)
    .join("\n");
  const commands = [...code.matchAll(/docker compose (?:--profile (\S+) )?(up -d|run --rm(?: --build)?|logs) (.+)/g)];
  expect(commands.length).toBeGreaterThan(8);
  for (const [command, profile, , names = ""] of commands) {
    for (const name of names.split(" ")) {
      const service = composeFile.services[name];
      expect(service, command).toBeDefined();
      if (service?.profiles !== undefined) expect(service.profiles, command).toContain(profile);
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

test("docs/README.md lists every page", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  for (const page of PAGES) {
    if (!page.endsWith("README.md")) expect(index).toContain(`](${page.slice("docs/".length)})`);
  }
});
