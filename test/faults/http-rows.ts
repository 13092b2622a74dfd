import { type HttpPlant, http } from "./http.ts";
import type { Row, Table } from "./row.ts";

const LATENCIES = ["health", "ready", "correctness_status", "manifest"].flatMap((name) =>
  ["p(95)", "p(99)"].map((statistic) => `http_${name}_latency_ms ${statistic}`),
);

const ROWS: readonly Row<HttpPlant>[] = [
  { name: "http: healthy", plants: "nothing", plant: {}, expect: { verdict: "PASS", reasons: [] } },
  {
    name: "http: not-ready",
    plants: "/ready answers 503 although everything works",
    plant: { faults: ["not-ready"] },
    expect: { verdict: "FAIL", reasons: ["http_error_rate", "http_ready_latency_ms"] },
  },
  {
    name: "http: no-manifests",
    plants: "manifests answer 503",
    plant: { faults: ["no-manifests"] },
    expect: { verdict: "FAIL", reasons: ["http_error_rate", "http_manifest_latency_ms"] },
  },
  {
    name: "http: slow-http=60",
    plants: "every answer is 60 ms late",
    plant: { faults: ["slow-http=60"], http: { VUS: "60", THINK_TIME: "10ms" } },
    expect: { verdict: "FAIL", reasons: LATENCIES },
  },
];

export const HTTP: Table<HttpPlant> = { subject: http, rows: ROWS };
