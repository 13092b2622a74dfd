import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import dockerignore from "@balena/dockerignore";
import { type Copy, DockerfileParser, type From, type Instruction } from "dockerfile-ast";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { root } from "../deployment.ts";

/** One build stage and what is done in it. */
interface Stage {
  readonly name: string;
  readonly from: From;
  readonly steps: readonly Instruction[];
}

const text = readFileSync(join(root, "deploy/docker/Dockerfile"), "utf8");
const ignored = dockerignore({ ignorecase: false }).add(readFileSync(join(root, ".dockerignore"), "utf8"));

function stagesOf(dockerfile: string): Stage[] {
  const parsed = DockerfileParser.parse(dockerfile);
  const froms = parsed.getFROMs();
  return froms.map((from, place) => {
    const [start, end] = [lineOf(from), lineOf(froms[place + 1]) || Number.POSITIVE_INFINITY];
    const steps = parsed.getInstructions().filter((step) => lineOf(step) > start && lineOf(step) < end);
    return { name: from.getBuildStage() ?? "", from, steps };
  });
}

function lineOf(step: Instruction | undefined): number {
  return step?.getRange().start.line ?? 0;
}

/** The arguments of all instructions of a kind, their flags left out. */
function argumentsOf({ steps }: Stage, keyword: string): string[][] {
  return steps
    .filter((step) => step.getKeyword() === keyword)
    .map((step) => step.getArguments().map((argument) => argument.getValue()));
}

const stages = stagesOf(text);
const images = stages.filter(({ name }) => ["k6", "services", "runner"].includes(name));
const copies = stages.flatMap((stage) =>
  stage.steps.filter(isCopy).map((step) => ({
    stage,
    from: step.getFromFlag()?.getValue() ?? null,
    sources: step
      .getArguments()
      .map((argument) => argument.getValue())
      .slice(0, -1),
  })),
);

function isCopy(step: Instruction): step is Copy {
  return step.getKeyword() === "COPY";
}

test("there is an image for k6, one for the services and one for the command", () => {
  expect(images.map(({ name }) => name)).toEqual(["k6", "services", "runner"]);
});

describe.each(stages)("stage $name", ({ from }) => {
  test("starts from an image of an exact version", () => {
    expect(tagOf(from)).toMatch(/^\d+\.\d+\.\d+(-alpine[\d.]*)?$/);
    const digest = from.getImageDigest();
    if (digest !== null) expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

// The runner becomes the owner of the mounted results/, which its entry is tested for.
test.each(images.filter(({ name }) => name !== "runner"))(
  "image $name runs as a user who is not root, told by number",
  (image) => {
    const [[user] = []] = argumentsOf(image, "USER").slice(-1);
    expect(Number(user)).toBeGreaterThan(0);
    // Nothing is written by root after the user has changed.
    const keywords = image.steps.map((step) => step.getKeyword());
    expect(keywords.slice(keywords.lastIndexOf("USER"))).not.toContain("RUN");
  },
);

test.each(images)("image $name compiles nothing and holds no sources", (image) => {
  for (const [command = ""] of argumentsOf(image, "RUN")) expect(["adduser"]).toContain(command);
  for (const { from, sources } of copies.filter(({ stage }) => stage === image)) {
    if (from === null) expect(["package.json", "deploy/docker/entry.mjs"]).toEqual(expect.arrayContaining(sources));
  }
});

test("what is copied from the repository is there, and the engine is sent it", () => {
  const sources = copies.filter(({ from }) => from === null).flatMap((copy) => copy.sources);
  expect(sources.length).toBeGreaterThan(10);
  for (const source of sources) {
    expect(existsSync(join(root, source)), source).toBe(true);
    expect(ignored.ignores(source), `${source} is in .dockerignore`).toBe(false);
  }
});

test("what is copied from a stage comes from one before it", () => {
  for (const { stage, from } of copies) {
    if (from === null) continue;
    const place = stages.findIndex(({ name }) => name === from);
    expect(place, from).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThan(stages.indexOf(stage));
  }
});

test("neither results nor secrets nor the history are sent to the engine", () => {
  for (const path of [
    ".git/config",
    "node_modules/valibot/package.json",
    "results/run/log",
    "bin/k6",
    ".env",
    "docs/metrics.md",
  ]) {
    expect(ignored.ignores(path), path).toBe(true);
  }
});

test("every package of Go that bin/k6 is made of is copied", () => {
  const main = readFileSync(join(root, "xk6/main.go"), "utf8");
  const own = [...main.matchAll(/"throughline\.dev\/xk6\/([a-z/]+)"/g)].map(([, path]) => `xk6/${path}`);
  const copied = copies.flatMap(({ sources }) => sources);
  expect(own.length).toBeGreaterThan(0);
  for (const path of own) expect(copied).toContain(path);
});

test("the Go and Node of the images are as new as the sources ask for", () => {
  const go = /^go (\S+)$/m.exec(readFileSync(join(root, "xk6/go.mod"), "utf8"))?.[1] ?? "";
  const node = /"node": ">=([\d.]+)"/.exec(readFileSync(join(root, "package.json"), "utf8"))?.[1] ?? "";
  for (const { from } of stages) {
    const needed = { golang: go, node }[from.getImageName()?.split(":")[0] as "golang" | "node"];
    if (needed !== undefined) expect(compareVersions(tagOf(from), needed)).toBeGreaterThanOrEqual(0);
  }
});

test("what is copied for the bundles is enough to make them", { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "throughline-image-"));
  try {
    const sources = copies.filter(({ stage, from }) => stage.name === "bundles" && from === null);
    for (const source of sources.flatMap((copy) => copy.sources)) {
      await cp(join(root, source), join(folder, source), { recursive: true });
    }
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    const { stdout } = await execa(process.execPath, ["build.mjs"], { cwd: folder });
    const made = stdout.split("\n");
    expect(made).toEqual(expect.arrayContaining(["dist/nats.js", "dist/node/receiver.js", "dist/node/throughline.js"]));
    for (const file of made) expect(existsSync(join(folder, file)), file).toBe(true);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the checks see what they look for", () => {
  const [stage] = stagesOf("FROM node AS services\nUSER root\nCOPY --from=nowhere missing.ts ./\n");
  expect(stage?.from.getImageTag()).toBeNull();
  expect(stage && argumentsOf(stage, "USER")).toEqual([["root"]]);
  expect(stage?.steps.filter(isCopy).map((step) => step.getFromFlag()?.getValue())).toEqual(["nowhere"]);
});

/** The parser gives no tag where a digest follows it. */
function tagOf(from: From): string {
  return /:([^:@]+)(?:@|$)/.exec(from.getImage() ?? "")?.[1] ?? "";
}

function compareVersions(one: string, other: string): number {
  const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number);
  const [left, right] = [parts(one), parts(other)];
  const place = left.findIndex((part, at) => part !== (right[at] ?? 0));
  return place < 0 ? 0 : (left[place] as number) - (right[place] ?? 0);
}
