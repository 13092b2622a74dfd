/** Pipelines of one's own: what `init` writes, what docs/your-own-pipeline.md shows, and a run with planted defects. */
import { createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ENTRANCES } from "../../cli/own/entrances.ts";
import { EXITS } from "../../cli/own/exits.ts";
import { template } from "../../cli/own/templates.ts";
import { identitiesIn, spell } from "../../core/identity.ts";
import type { AnyPipeline } from "../../core/pipeline.ts";
import { CANARY_PUBLISHER, runNumber } from "../../core/trace.ts";
import { startReceiver } from "../../receiver/server.ts";
import { k6, root } from "./k6.ts";
import { recordIn, throughlineIn } from "./throughline.ts";

const PAGE = readFileSync(join(root, "docs/your-own-pipeline.md"), "utf8");

/** The block of the page that is marked so. */
function block(mark: string): string {
  const [, code] = new RegExp(`^\`\`\`${mark}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(PAGE) ?? [];
  if (code === undefined) throw new Error(`docs/your-own-pipeline.md has no block ${mark}`);
  return code;
}

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "throughline-own-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** What the compiler says of the files of a folder, as an editor would. */
function typesIn(name: string) {
  const paths = { throughline: [join(root, "core/own.ts")] };
  const compilerOptions = { paths, typeRoots: [join(root, "node_modules/@types")] };
  const include = [`${name}/*.ts`, join(root, "k6/types/k6-x-*.d.ts")];
  const config = { extends: join(root, "tsconfig.examples.json"), compilerOptions, include };
  write("tsconfig.json", JSON.stringify(config));
  const tsc = join(root, "node_modules/typescript-7/bin/tsc");
  return execa(process.execPath, [tsc, "-p", folder], { reject: false });
}

test("init writes a pipeline for every way in and every way out, and k6 reads what is built of it", async () => {
  const ins = Object.keys(ENTRANCES);
  const pairs = Object.keys(EXITS).map((to, place) => [ins[place % ins.length] as string, to] as const);
  for (const [from, to] of pairs) write(`${from}-${to}.pipeline.ts`, template(`${from}-${to}`, from, to));
  // A pair for each way in and each way out could hide what the compiler says of another.
  for (const from of ins) {
    for (const to of Object.keys(EXITS)) write(`checked/${from}-${to}.ts`, template(`${from}-${to}`, from, to));
  }
  const { stdout: complaints } = await typesIn("checked");
  expect(complaints).toBe("");
  const { stderr } = await throughlineIn(folder, "init", "orders", "--from", "nats", "--to", "table");
  expect(readFileSync(join(folder, "orders.pipeline.ts"), "utf8"), stderr).toBe(template("orders", "nats", "table"));
  const { exitCode, stdout, ...built } = await throughlineIn(folder, "build");
  expect(exitCode, built.stderr).toBe(0);
  const bundles = stdout.match(/dist\/[\w-]+\.js/g) ?? [];
  expect(bundles).toHaveLength(pairs.length + 2);
  for (const bundle of bundles) expect((await k6(["inspect", join(folder, bundle)])).errors, bundle).toEqual([]);
});

describe("what is wrong with a pipeline's file is told in one line, with the file and the line:", () => {
  const file = block("ts pipeline");
  test.each<[string, string, RegExp]>([
    ["its syntax", file.replace("observe: {", "observe: {{"), /orders\.pipeline\.ts:\d+:\d+: /],
    [
      "a path",
      file.replace('subject: "invoice"', 'subject: "bill"'),
      /orders\.pipeline\.ts:\d+: .*bill: allowed: invoice/,
    ],
    ["Node in k6", file.replace("const type", 'createHmac("a", "b");$&'), /:1: .*node:crypto, which k6 does/],
    ["a module of k6", file.replace('"k6/http"', '"k6/htpp"'), /ts:2: imports k6\/htpp, .* did you mean k6\/http\?/],
    ["what write throws", file.replace("random % 10_000", "(null as any).x"), /orders\.pipeline\.ts:13: .*null/],
    [
      "a misspelt key",
      file.replace("nextSteps", "nextStep"),
      /orders\.pipeline\.ts:34: .*nextStep: .* mean nextSteps\?/,
    ],
    ["a misspelt part", file.replace("publish({", "publsh({"), /orders\.pipeline\.ts:\d+: .*publsh: .* mean publish\?/],
    ["no identity", file.replace("ref: id, ", ""), /orders\.pipeline\.ts:13: .*uses none of id, hash, uuid and number/],
    ["an event that is none", file.replace("=> ({ type", "=> void ({ type"), /ts:13: .*events\.write: returns nothing/],
    ["an event to come", file.replace("write: (", "write: async ("), /ts:13: .*events\.write: returns a promise/],
    ["a duration", file.replace('hold(100, "1m")', 'hold(100, "1 minute")'), /ts:32: .*black-friday: .*1 minute/],
    [
      "a name that is taken",
      file.replace("WEBHOOK_SECRET: {", "SEED: {"),
      /ts:9: .*variables\.SEED: every test has a SEED/,
    ],
    [
      "attributes without values",
      file.replace('["invoice", "order"]', "[]").replace(/paths: .*/, "paths: { all: {} },"),
      /orders\.pipeline\.ts:12: .*subject has no values/,
    ],
    [
      "an objective",
      file.replace('"value < 500"', '"quick"'),
      /orders\.pipeline\.ts:\d+: .*account_delivery_p95_ms: quick: allowed/,
    ],
    [
      "the name of a test of the suite",
      file.replace('name: "orders"', 'name: "nats"'),
      /orders\.pipeline\.ts:6: name: nats/,
    ],
  ])("%s", async (_, text, message) => {
    write("orders.pipeline.ts", text);
    const { exitCode, stderr } = await throughlineIn(folder, "build");
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

describe("a pipeline file that is broken does not stop another:", () => {
  const good = template("good", "http", "webhook");
  const BROKEN = [
    [
      "a package that is missing",
      `import { Kafka } from "no-such-package";\nconsole.log(Kafka);\n${template("bad", "http", "webhook")}`,
    ],
    ["its syntax", template("bad", "http", "webhook").replace("observe: {", "observe: {{")],
    ["what it throws", `throw new Error("no licence");\n${template("bad", "http", "webhook")}`],
  ] as const;

  test.each(BROKEN)("%s", async (_, text) => {
    write("pipelines/a.pipeline.ts", text);
    write("pipelines/b.pipeline.ts", good);
    // Refused after the pipeline is found and bundled, and before anything is started.
    const asked = await throughlineIn(folder, "run", "good", "--set", "NO_SUCH_THING=1");
    expect(asked.stderr).toMatch(/^throughline: [^\n]*NO_SUCH_THING[^\n]*$/);
    expect(asked.stderr).not.toContain("a.pipeline.ts");
    expect((await throughlineIn(folder, "run", "bad")).stderr).toMatch(
      /^throughline: pipelines\/a\.pipeline\.ts:[^\n]*$/,
    );
    const built = await throughlineIn(folder, "build");
    expect(built.stdout).toContain("pipelines/b.pipeline.ts: dist/good.js");
    expect(built).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^throughline: pipelines\/a\.pipe[^\n]*$/),
    });
    const unknown = await throughlineIn(folder, "run", "ugly");
    expect(unknown.stderr).toMatch(
      /^throughline: ugly is no pipeline and no test; allowed: .*, good; own: .*b\.pipeline\.ts; broken: .*a\.pipeline\.ts:[^\n]*$/,
    );
  });

  test("a missing package is named with its line and how to get it", async () => {
    write("a.pipeline.ts", `// Kafka\n${BROKEN[0][1]}`);
    const { exitCode, stderr } = await throughlineIn(folder, "run", "bad");
    expect(stderr).toBe(
      "throughline: a.pipeline.ts:2: imports no-such-package, which is not installed: npm install no-such-package",
    );
    expect(exitCode).toBe(2);
  });

  test("doctor tells the broken one, and checks the other", async () => {
    write("pipelines/a.pipeline.ts", BROKEN[0][1]);
    write("pipelines/b.pipeline.ts", good);
    const { exitCode, stderr, stdout } = await throughlineIn(folder, "doctor");
    expect(stderr).toMatch(/^throughline: left out: pipelines\/a\.pipeline\.ts:1: imports no-such-package/m);
    expect(stdout).toMatch(/^ok +node/m);
    expect(exitCode).toBe(1);
  });

  test("a folder of such a name", async () => {
    mkdirSync(join(folder, "a.pipeline.ts"));
    write("b.pipeline.ts", good);
    const { stderr } = await throughlineIn(folder, "run", "good", "--set", "NO_SUCH_THING=1");
    expect(stderr).toMatch(/^throughline: [^\n]*NO_SUCH_THING[^\n]*$/);
  });

  test("two of one name are refused, whichever is asked for", async () => {
    write("pipelines/a.pipeline.ts", good);
    write("pipelines/b.pipeline.ts", good);
    const { exitCode, stderr } = await throughlineIn(folder, "run", "good");
    expect(stderr).toMatch(/b\.pipeline\.ts: name: good is the name of pipelines\/a\.pipeline\.ts too/);
    expect(exitCode).toBe(2);
  });
});

test("the page's config is read", async () => {
  write("throughline.config.ts", block("ts config").replace("load/", ""));
  write("orders.pipeline.ts", block("ts pipeline"));
  write("page/orders.ts", block("ts pipeline"));
  write("page/api.ts", block("ts endpoints"));
  expect((await typesIn("page")).stdout).toBe("");
  const { stdout, stderr } = await throughlineIn(folder, "build");
  expect(stdout, stderr).toContain("orders.pipeline.ts: dist/orders.js, dist/node/orders.mjs");
});

test("a system is added by one folder, and one line in the list of systems", async () => {
  const list = (...systems: string[]) => {
    const pipelines = systems.map((name) => `systems/${name}/${name}.pipeline.ts`);
    write(
      "throughline.config.ts",
      `import { defineConfig } from "throughline";
export default defineConfig({ pipelines: ${JSON.stringify(pipelines)} });
`,
    );
  };
  write("systems/orders/orders.pipeline.ts", template("orders", "http", "webhook"));
  write("systems/toy/toy.pipeline.ts", template("toy", "websocket", "websocket"));
  list("orders");
  expect((await throughlineIn(folder, "run", "toy")).stderr).toMatch(
    /^throughline: toy is no pipeline and no test; allowed: .*, orders; own: /,
  );
  list("orders", "toy");
  const { stdout, stderr } = await throughlineIn(folder, "build", "--grafana", "boards", "--kubernetes", "testruns");
  expect(stdout, stderr).toContain("systems/toy/toy.pipeline.ts: dist/toy.js, dist/toy-subscribers.js");
  expect(stdout).toContain("boards/influxdb/throughline-toy-influxdb.json");
  expect(stdout).toContain("testruns/toy-subscribers.yaml");
});

test("the page's observer in another language reports what arrives", async () => {
  const receiver = await startReceiver({ host: "127.0.0.1", port: 0 });
  try {
    const farEnd = { pipeline: "python", kind: "reported", paths: { log: {} }, order: "none" };
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ seed: 1, variants: [], publisher: "one", farEnd });
    await fetch(`${receiver.url}/runs/python`, { method: "POST", headers, body });
    const trace = { run: runNumber("python"), publisher: CANARY_PUBLISHER, seq: 0, publishedAt: Date.now() };
    const input = `a line\nanother ${spell(trace, "uuid")} line\n`;
    await execa("python3", ["-c", block("python"), receiver.url, "python", "log"], { input });
    const account = await (await fetch(`${receiver.url}/runs/python`)).json();
    expect(account).toMatchObject({ paths: 1, ready: 1, farEnd: { unread: 1 } });
  } finally {
    await receiver.close();
  }
});

/** A platform that takes events and sends signed webhooks, with defects planted by the number of the event. */
function startPlatform(
  receiver: string,
  planted: { readonly lost?: number; readonly twice?: number },
): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", async () => {
      response.writeHead(202).end("{}");
      const [identity] = identitiesIn(body, { runs: [], at: Date.now() }).identities;
      const seq = identity?.publisher === CANARY_PUBLISHER ? -1 : identity?.seq;
      const signature = createHmac("sha256", "s3cret").update(body).digest("hex");
      for (const path of [body.includes("invoice") ? "billing" : "fulfilment", "audit"]) {
        const copies = path !== "audit" ? 1 : seq === planted.lost ? 0 : seq === planted.twice ? 2 : 1;
        for (let copy = 0; copy < copies; copy++) {
          await fetch(`${receiver}/hooks/${path}`, { method: "POST", body, headers: { "x-signature": signature } });
        }
      }
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

test.each([
  ["a healthy platform accounts for every event", {}, { lost: 0, duplicated: 0, offenders: [] }],
  [
    "a lost and a repeated webhook are named by number and path",
    { lost: 17, twice: 42 },
    { lost: 1, duplicated: 1, offenders: [{ path: "audit", lostSeqs: [17], duplicatedSeqs: [42] }] },
  ],
])("%s", async (_, planted, counts) => {
  write("orders.pipeline.ts", block("ts pipeline"));
  expect((await throughlineIn(folder, "build")).exitCode).toBe(0);
  const { default: pipeline } = (await import(join(folder, "dist/node/orders.mjs"))) as { default: AnyPipeline };
  const receiver = await startReceiver({ host: "127.0.0.1", port: 0, farEnds: { farEnd: [pipeline] } });
  const platform = await startPlatform(receiver.url, planted);
  try {
    const url = `http://127.0.0.1:${(platform.address() as AddressInfo).port}`;
    const load = ["--rate", "20", "--events", "60", "--run-id", "own", "--out", "results"];
    const { stdout, stderr } = await throughlineIn(
      folder,
      ...["run", "orders", "--receiver-url", receiver.url, "--set", `EVENTS_URL=${url}`],
      ...load,
    );
    const { account, tests, verdict, reasons } = await recordIn(join(folder, "results"), "own");
    expect(account, stdout + stderr).toMatchObject({
      acknowledged: 60,
      expected: 120,
      ...counts,
      misrouted: 0,
      damaged: 0,
    });
    expect(account?.causes).toEqual([]);
    const isHealthy = counts.offenders.length === 0;
    const missed = tests.flatMap(({ summary }) => summary?.rows ?? []).filter(({ result }) => result === "missed");
    const lost = missed.map(({ metric }) => metric).filter((metric) => /^account_(lost|duplicated)$/.test(metric));
    expect(lost).toEqual(isHealthy ? [] : ["account_lost", "account_duplicated"]);
    if (isHealthy) return;
    expect(stdout).toMatch(/^ {2}lost +audit: 1 of 60.*\n +events 17$/m);
    expect(stdout).toMatch(/^ {2}duplicated audit: 1, events 42$/m);
    expect(verdict).not.toBe("PASS");
    expect(reasons.map(({ next }) => next).join()).toMatch(
      /look for failed jobs of the queue webhooks; path audit lost 1 of 60, first event 17 .*; hop acknowledgement to delivery/,
    );
  } finally {
    platform.closeAllConnections();
    platform.close();
    await receiver.close();
  }
});
