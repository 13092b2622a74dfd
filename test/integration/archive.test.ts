import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { VARIABLES } from "../../systems/variables.ts";
import { root } from "./k6.ts";

const SECRET = "s3cr3t-of-the-archive-test";
const tests = Object.keys(VARIABLES) as (keyof typeof VARIABLES)[];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-archive-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Archives a bundle as docs/cloud.md says, from standard input and from the root folder, and reads it back. */
async function archived(name: string, ...flags: string[]) {
  const file = join(folder, `${name}.tar`);
  const { exitCode } = await execa(join(root, "bin/k6"), ["archive", ...flags, "-O", file, "-"], {
    cwd: "/",
    inputFile: join(root, `dist/${name}.js`),
    reject: false,
    env: { NATS_TOKEN: SECRET },
  });
  expect(exitCode).toBe(0);
  // A tar file as k6 writes it is not compressed: its bytes hold all its texts.
  const text = await readFile(file, "latin1");
  const { stdout } = await execa("tar", ["-xOf", file, "metadata.json"]);
  return { text, metadata: JSON.parse(stdout) as { env: object | null; pwd: string; dependencies: object } };
}

/** The sources that the inline source map names. */
function sourcesIn(bundle: string): string[] {
  const [, map = ""] = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(bundle) ?? [];
  return (JSON.parse(Buffer.from(map, "base64").toString()) as { sources: string[] }).sources;
}

test.each(tests)("the archive of %s holds no secret and no path of this machine", async (name) => {
  const { text, metadata } = await archived(name, "--exclude-env-vars", "-e", `PASSWORD_OF_TEST=${SECRET}`);
  expect(metadata).toMatchObject({ env: null, pwd: "file:///", filename: "file:///-" });
  for (const local of [SECRET, root, `${folder}/`]) expect(text).not.toContain(local);
  const sources = sourcesIn(text);
  expect(sources.some((source) => source.endsWith(`k6/${name}.ts`))).toBe(true);
  // Those of k6 itself are no files.
  for (const source of sources) expect(source).toMatch(/^(?:\.\.\/[a-z0-9_]|k6:k6(?:\/|$))/);
});

test("without that flag k6 puts variables into the archive, which the check above would see", async () => {
  const { text, metadata } = await archived("http", "-e", `PASSWORD_OF_TEST=${SECRET}`);
  expect(metadata.env).toEqual({ PASSWORD_OF_TEST: SECRET });
  expect(text).toContain(SECRET);
});

test.each([
  ["http", false],
  ["websocket", false],
  ["redis", true],
  ["nats", true],
] as const)("whether %s asks k6 Cloud for an extension: %s", async (name, extended) => {
  const { metadata } = await archived(name, "--exclude-env-vars");
  expect(Object.keys(metadata.dependencies).some((one) => one.startsWith("k6/x/"))).toBe(extended);
});

test("k6 Cloud is told the name, the project and the load zones", async () => {
  const variables = ["-e", "CLOUD_PROJECT=7", "-e", "CLOUD_ZONES=amazon:us:ashburn=60,amazon:de:frankfurt=40"];
  const { stdout } = await execa(join(root, "bin/k6"), ["inspect", ...variables, join(root, "dist/http.js")]);
  expect(JSON.parse(stdout).cloud).toEqual({
    name: "throughline http, smoke",
    projectID: 7,
    distribution: {
      "amazon:us:ashburn": { loadZone: "amazon:us:ashburn", percent: 60 },
      "amazon:de:frankfurt": { loadZone: "amazon:de:frankfurt", percent: 40 },
    },
  });
});
