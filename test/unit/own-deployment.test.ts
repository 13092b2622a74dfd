import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { testRunOf } from "../../cli/own/manifest.ts";
import { type AnyEndpoints, defineEndpoints } from "../../core/endpoints.ts";
import { type AnyPipeline, definePipeline } from "../../core/pipeline.ts";
import { ownBoards } from "../../deploy/grafana/own.ts";
import { defineTestsOf, defineVisitsOf } from "../../systems/own.ts";
import { TestRunSchema } from "../deployment.ts";

const FEED = definePipeline({
  name: "feed",
  variables: {
    FEED_URL: "ws://127.0.0.1:1",
    TOPIC: { meaning: "what is read" },
    TOKEN: { meaning: "who", secret: true },
  },
  events: { attributes: {}, write: ({ id }) => id },
  publish: () => async () => "acknowledged",
  observe: { kind: "subscription", paths: { all: {} }, open: () => ({ close: () => undefined }) },
}) as unknown as AnyPipeline;

const API = defineEndpoints({
  name: "feed-api",
  address: () => "http://127.0.0.1:1",
  endpoints: [{ name: "health", path: "/health", objective: "p(95) < 50" }],
}) as unknown as AnyEndpoints;

describe("a TestRun of one's own", () => {
  const runs = [...defineTestsOf(FEED), defineVisitsOf(API)].map((test) => ({ test, text: testRunOf(test) }));

  test.each(runs)("is one for k6-operator: $test.name", ({ test: { name }, text }) => {
    const { metadata, spec } = v.parse(TestRunSchema, parse(text));
    expect(metadata.name).toBe(`throughline-${name}`);
    expect(spec.script.configMap).toEqual({ name: `throughline-${name}`, file: `${name}.js` });
  });

  test("asks its owner for addresses and what must be given, and tells no secret", () => {
    const [subscribers, publisher, visitors] = runs.map(({ text }) =>
      [...text.matchAll(/-e (\S+)/g)].map(([, one]) => one),
    );
    const load = ["SCENARIO=load", "INSTANCES=4", "ALLOW_REMOTE=1"];
    const settled = ["RECEIVER_URL=http://receiver:4800", "RUN_ID=change-me"];
    const own = ["FEED_URL=change-me", "TOPIC=change-me"];
    expect(publisher).toEqual([...load, ...own, ...settled]);
    expect([...(subscribers ?? [])].sort()).toEqual([...load, ...own, ...settled].sort());
    expect(visitors).toEqual(load);
  });
});

describe("boards of one's own", () => {
  const boards = (declared: AnyPipeline | AnyEndpoints) =>
    [...ownBoards(declared)].map(([path, text]) => ({
      path,
      lines: [...text.matchAll(/"alias": "([^"]+)"/g)].map(([, line]) => line),
    }));

  test("are one for each test and database", () => {
    expect(boards(FEED).map(({ path }) => path)).toEqual(
      ["feed-subscribers", "feed"].flatMap((name) =>
        ["influxdb", "prometheus"].map((database) => `${database}/throughline-${name}-${database}.json`),
      ),
    );
  });

  test("show what is its own, and no word of another system", () => {
    const [publisher] = boards(FEED).filter(({ path }) => path === "influxdb/throughline-feed-influxdb.json");
    expect(publisher?.lines).toEqual(expect.arrayContaining(["account_lost count==0", "events_refused count==0"]));
    const [visitors] = boards(API);
    expect(visitors?.lines).toEqual(expect.arrayContaining(["endpoint_health_latency_ms p(95)<50", "http_error_rate"]));
    expect(visitors?.lines.join()).not.toMatch(/correctness|manifest|watermark|webhook/);
  });
});
