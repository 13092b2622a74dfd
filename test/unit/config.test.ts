import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toJsonSchema } from "@valibot/to-json-schema";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { ConfigSchema, parseConfig } from "../../cli/config.ts";

const parse = (config: unknown) => parseConfig("c.json", typeof config === "string" ? config : JSON.stringify(config));

describe("a config", () => {
  test("holds what a run may be asked for", () => {
    const config = {
      $schema: "docs/config.schema.json",
      run: ["websocket", "nats"],
      scenario: "load",
      urls: { ws: "ws://a/ws", nats: "nats://a" },
      rate: "max",
      instances: 2,
      set: { "nats.WORKERS": 8, SEED: "7" },
    };
    expect(parse(config)).toEqual(config);
  });

  test.each<[unknown, string]>([
    ["{", "c.json: is not JSON: line 1, column 1: unexpected {"],
    ['{\n  "run": ["http"],,\n}', "c.json: is not JSON: line 2, column 19: unexpected comma"],
    ['{ "rate": 5 ]', "c.json: is not JSON: line 1, column 13: unexpected ]"],
    ['{ "token": s3cr3t }', "c.json: is not JSON: line 1, column 12: unexpected character"],
    ["{ // why\n}", "c.json: is not JSON: line 1, column 3: unexpected character"],
    [{ run: ["http"], scenrio: "load" }, "c.json: scenrio: unknown key; did you mean scenario?"],
    [{ run: ["http"], urls: { htp: "http://a" } }, "c.json: urls.htp: unknown key; did you mean http?"],
    [{ run: ["http"], colour: "red" }, "c.json: colour: unknown key; allowed: $schema, run, pipelines, scenario, urls"],
    [{ run: [] }, "c.json: run: "],
    [{ run: ["http"], instances: 0 }, "c.json: instances: "],
    [{ run: ["http"], rate: "fast" }, "c.json: rate: "],
    [{ run: ["http"], set: { VUS: true } }, "c.json: set.VUS: "],
  ])("refuses %j in one line", (config, message) => {
    expect(() => parse(config)).toThrow(RangeError);
    expect(() => parse(config)).toThrow(message);
    expect(() => parse(config)).not.toThrow("\n");
  });
});

test.each<[unknown]>([
  ['{"set":{"WS_TOKEN": hunter2}}'],
  ["hunter2"],
  ['{"set":{"WS_TOKEN":"hunter2"'],
  [{ set: "WS_TOKEN=hunter2" }],
  [{ urls: "ws://u:hunter2@h" }],
])("%j is refused without what may be a secret in it", (config) => {
  expect(() => parse(config)).toThrow(RangeError);
  expect(() => parse(config)).not.toThrow("hunter2");
});

test("docs/config.schema.json is what the code says; renewed by `npx vitest run --project unit -u`", async () => {
  const schema = toJsonSchema(ConfigSchema, { errorMode: "throw" });
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot("../../docs/config.schema.json");
});

test("the schema refuses in an editor what the command refuses", async () => {
  const text = await readFile(join(import.meta.dirname, "../../docs/config.schema.json"), "utf8");
  const validate = new Ajv({ strict: false }).compile(JSON.parse(text) as object);
  expect(validate({ run: ["http"], urls: { http: "http://a" } })).toBe(true);
  expect(validate({ run: ["http"], scenrio: "load" })).toBe(false);
  expect(validate({ run: ["http"], urls: { htp: "http://a" } })).toBe(false);
  expect(validate({ run: [] })).toBe(false);
});
