import { describe, expect, test } from "vitest";
import { BLOCK, endpointsOf } from "../../systems/pulse/k6/endpoints.ts";

const topic = { chain: "base", block: 7, listed: false };
const all = endpointsOf({ MANIFESTS: true, DEPENDENCY_AWAY: false });

describe("the endpoints of a visit", () => {
  test("are asked about the chain and the block of the visit", () => {
    expect(all.map((endpoint) => endpoint.path(topic))).toEqual([
      "/health",
      "/ready",
      "/api/v1/correctness/status",
      "/api/v1/correctness/watermark?chain=base",
      "/api/v1/correctness/halts",
      "/api/v1/correctness/gaps",
      "/api/v1/manifests/base",
      "/api/v1/manifests/base/7",
      "/api/v1/manifests/no-such-chain",
    ]);
  });

  test("may not know a block, unless they have listed it", () => {
    const block = all.find(({ name }) => name === BLOCK);
    expect(block?.statuses(topic)).toEqual([200, 404]);
    expect(block?.statuses({ ...topic, listed: true })).toEqual([200]);
  });

  test("may have no manifests where the run is told so", () => {
    const some = endpointsOf({ MANIFESTS: false, DEPENDENCY_AWAY: false });
    const allowing = some.filter((endpoint) => endpoint.statuses(topic).includes(503));
    expect(allowing.map(({ latency }) => latency)).toEqual(Array(3).fill("http_manifest_latency_ms"));
  });

  test("are the probes alone while a dependency is away", () => {
    const probes = endpointsOf({ MANIFESTS: true, DEPENDENCY_AWAY: true });
    expect(probes.map(({ name }) => name)).toEqual(["/health", "/ready"]);
  });
});
