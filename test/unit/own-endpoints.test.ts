import { describe, expect, test } from "vitest";
import { type AnyEndpoints, defineEndpoints, latencyMetric, problemOfAnswer } from "../../core/endpoints.ts";
import { metricOf } from "../../core/metrics.ts";
import { plan, profilesOf } from "../../scenarios.ts";
import { defineVisitsOf } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";

const API = defineEndpoints({
  name: "own-api",
  variables: { API_URL: "http://127.0.0.1:1" },
  address: ({ API_URL }) => API_URL,
  endpoints: [
    { name: "health", path: "/health", objective: "p(95) < 50" },
    {
      name: "POST /orders",
      method: "POST",
      path: "/orders",
      status: [200, 202],
      objective: ["p(99) < 80", "max < 900"],
    },
  ],
}) as unknown as AnyEndpoints;

describe("a right answer", () => {
  const endpoint = {
    name: "health",
    path: "/health",
    status: [200, 503],
    fields: { status: "ok", "queue.waiting": (waiting: unknown) => Number(waiting) < 10, version: /^\d+\./ },
  };
  const body = { status: "ok", queue: { waiting: 3 }, version: "1.2" };
  test.each<[string, number, string, string | null]>([
    ["is one", 200, JSON.stringify(body), null],
    ["may have another status", 503, JSON.stringify(body), null],
    ["has no status that was not said", 500, "no room", "answers 500: no room"],
    ["is JSON where fields are asked for", 200, "ok", "answers 200, but no JSON: ok"],
    ["has the value", 200, JSON.stringify({ ...body, status: "down" }), 'answers 200, but status is "down", not "ok"'],
    ["has the form", 200, JSON.stringify({ ...body, version: 2 }), "answers 200, but version is 2, not /^\\d+\\./"],
    [
      "has what a function takes",
      200,
      JSON.stringify({ ...body, queue: { waiting: 11 } }),
      "answers 200, but queue.waiting is 11",
    ],
    ["has the field", 200, JSON.stringify({ ...body, queue: 1 }), "answers 200, but queue.waiting is missing"],
  ])("%s", (_, status, text, problem) => {
    expect(problemOfAnswer(endpoint, status, text)).toBe(problem);
  });

  test("has status 200 unless told", () => {
    expect(problemOfAnswer({ name: "a", path: "/" }, 200, "")).toBeNull();
    expect(problemOfAnswer({ name: "a", path: "/" }, 404, "")).toBe("answers 404");
  });
});

describe("what is not allowed is refused in one line:", () => {
  test.each<[string, object, string]>([
    ["a name", { name: "Own Api" }, "allowed: small letters"],
    ["no endpoint", { endpoints: [] }, "names no endpoint"],
    ["two of one name", { endpoints: [...API.endpoints, { name: "Health", path: "/" }] }, "Health: there is one"],
  ])("%s", (_, change, message) => {
    expect(() => defineEndpoints({ ...API, ...change })).toThrow(message);
  });

  test("an objective", () => {
    const endpoints = [{ name: "health", path: "/", objective: "quick" }];
    expect(() => defineVisitsOf({ ...API, endpoints })).toThrow(
      "endpoints own-api: health: objective: quick: allowed:",
    );
  });
});

test("its test has visitors as http has, a metric for each endpoint, and no wrong answer may come", () => {
  const { name } = defineVisitsOf(API) as unknown as { name: RunnableTest };
  expect(profilesOf(name)).toEqual(expect.arrayContaining(["smoke", "load", "stress", "spike", "soak", "breakpoint"]));
  expect(plan(name, "smoke")).toMatchObject({ kind: "visitors", staying: false });
  const rows = slos(name, { accounted: false, events: null }).map(({ metric, statistic }) => `${metric} ${statistic}`);
  expect(rows).toEqual(
    expect.arrayContaining([
      "http_error_rate rate",
      "endpoint_health_latency_ms p(95)",
      "endpoint_post_orders_latency_ms p(99)",
      "endpoint_post_orders_latency_ms max",
    ]),
  );
  expect(metricOf(latencyMetric("POST /orders"))).toMatchObject({
    kind: "latency",
    meaning: "answer time of post orders",
  });
});
