import { type HttpPlant, http } from "./http.ts";
import { TOO_FEW } from "./reasons.ts";
import type { Row, Table } from "./row.ts";

const ENDPOINTS = ["health", "ready", "correctness_status", "watermark", "halts", "gaps", "manifest"];
const LATENCIES = ENDPOINTS.flatMap((name) =>
  ["p(95)", "p(99)"].map((statistic) => `http_${name}_latency_ms ${statistic}`),
);

/** What an endpoint that is always wrong leaves: an error rate with its words, and no latency. */
const wrong = (words: string, ...besides: string[]) => ({
  verdict: "FAIL" as const,
  reasons: ["http_error_rate", words],
  besides,
});

const ROWS: readonly Row<HttpPlant>[] = [
  { name: "http: healthy", plants: "nothing", plant: {}, expect: { verdict: "PASS", reasons: [] } },
  {
    name: "http: healthy, in an open model",
    plants: "nothing",
    plant: { http: { RATE: "100" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "http: too few answers for its error rate",
    plants: "a gateway without a fault, asked 6 s long for less than one error in a thousand",
    plant: { http: { SCENARIO: "load", VUS: "4" } },
    expect: {
      verdict: "INVALID",
      reasons: ["http_error_rate", "the true rate may be 0.0"],
      besides: ["_latency_ms (", TOO_FEW],
    },
  },
  {
    name: "http: not-ready",
    plants: "/ready answers 503 although everything works",
    plant: { faults: ["not-ready"] },
    expect: wrong("/ready answers 503", "http_ready_latency_ms"),
  },
  {
    name: "http: no-manifests",
    plants: "manifests answer 503",
    plant: { faults: ["no-manifests"] },
    expect: wrong("no manifest repository", "http_manifest_latency_ms", "http_manifests_found"),
  },
  {
    name: "http: healthy, without manifests",
    plants: "manifests answer 503, which the run is told",
    plant: { faults: ["no-manifests"], http: { MANIFESTS: "0" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "http: slow-http=60",
    plants: "every answer is 60 ms late",
    plant: { faults: ["slow-http=60"], http: { VUS: "60", THINK_TIME: "10ms" } },
    expect: { verdict: "FAIL", reasons: LATENCIES },
  },
  {
    name: "http: behind a redirect of 60 ms",
    plants: "a server before the gateway takes 60 ms for a redirect to it",
    plant: { before: { redirect: 60 }, http: { VUS: "60", THINK_TIME: "10ms" } },
    expect: { verdict: "FAIL", reasons: LATENCIES.filter((name) => name.endsWith("p(95)")), besides: LATENCIES },
  },
  {
    name: "http: a TLS handshake of 80 ms for every answer",
    plants: "a server before the gateway takes 80 ms for a handshake, and ends the connection after each answer",
    plant: { before: { tls: 80 }, http: { VUS: "80", THINK_TIME: "10ms", DURATION: "8s" } },
    expect: { verdict: "FAIL", reasons: LATENCIES },
  },
  {
    name: "http: stands still for 2.5 s",
    plants: "the gateway is halted for 2.5 s",
    plant: { halted: 2_500 },
    expect: { verdict: "FAIL", reasons: ["http_outage_ms", " for 2."], besides: LATENCIES },
  },
  {
    name: "http: stands still for 2.5 s, in an open model",
    plants: "the gateway is halted for 2.5 s",
    plant: { halted: 2_500, http: { RATE: "100" } },
    expect: { verdict: "FAIL", reasons: ["http_outage_ms", "http_health_latency_ms p(95)"], besides: LATENCIES },
  },
  ...["watermark", "halts", "gaps"].map((endpoint) => ({
    name: `http: error-body=${endpoint}`,
    plants: `/${endpoint} answers 200 with an error in its body`,
    plant: { faults: [`error-body=${endpoint}`] },
    expect: wrong("says error", `http_${endpoint}_latency_ms`),
  })),
  {
    name: "http: error-body=manifests",
    plants: "manifests answer 200 with an error in their body",
    plant: { faults: ["error-body=manifests"] },
    expect: wrong("says error", "http_manifests_found"),
  },
  {
    name: "http: problem-body=gaps",
    plants: "/gaps answers 200 with the words of an error, and no field of that name",
    plant: { faults: ["problem-body=gaps"] },
    expect: wrong('says nothing but message: "Internal Server Error"', "http_gaps_latency_ms"),
  },
  {
    name: "http: more visits than may wait",
    plants: "nothing, in an open model whose visits may wait for one answer at a time",
    plant: { http: { RATE: "1200", WORKERS: "1" } },
    expect: { verdict: "INVALID", reasons: ["events were not sent"], besides: LATENCIES },
  },
  {
    name: "http: halted",
    plants: "/halts tells of a halt",
    plant: { faults: ["halted"] },
    expect: wrong("reorg too deep", "http_halts_latency_ms"),
  },
  {
    name: "http: unavailable",
    plants: "watermark and gap detector are told to be unavailable",
    plant: { faults: ["unavailable"] },
    expect: wrong("watermark and gap_detector are unavailable", "http_correctness_status_latency_ms"),
  },
  {
    name: "http: old-timestamps",
    plants: "timestamps are of 2001",
    plant: { faults: ["old-timestamps"] },
    expect: wrong("25 years behind", ...LATENCIES),
  },
  {
    name: "http: frozen-timestamps",
    plants: "timestamps stay what they were at first",
    plant: { faults: ["frozen-timestamps"], http: { DURATION: "8s" } },
    expect: wrong("stands still", ...LATENCIES, "http_outage_ms"),
  },
  {
    name: "http: lost-blocks",
    plants: "a single block is always answered 404, also one that is listed",
    plant: { faults: ["lost-blocks"] },
    expect: {
      verdict: "FAIL",
      reasons: ["http_error_rate", "404 to a block that it lists", "http_manifests_found"],
    },
  },
  {
    name: "http: broker away",
    plants: "the broker is away, which /ready says",
    plant: { brokerAway: true, http: { DEPENDENCY_AWAY: "1" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "http: claims-ready",
    plants: "the broker is away, and /ready claims to be ready",
    plant: { faults: ["claims-ready"], brokerAway: true, http: { DEPENDENCY_AWAY: "1" } },
    expect: { verdict: "FAIL", reasons: ["http_ready_claims", '"ready":true'] },
  },
  {
    name: "http: claims all, as in the field",
    plants: "the broker is away, and /ready and /health say that all is well",
    plant: { manner: "real", brokerAway: true, http: { DEPENDENCY_AWAY: "1" } },
    expect: { verdict: "FAIL", reasons: ["http_ready_claims", "http_health_claims", '"status":"healthy"'] },
  },
  {
    name: "http: healthy, as in the field",
    plants: "nothing, in a gateway as it is in the field, which has no manifests",
    plant: { manner: "real", http: { MANIFESTS: "0" } },
    expect: { verdict: "PASS", reasons: [] },
  },
  {
    name: "http: error-body=halts, as in the field",
    plants: "/halts of a gateway as it is in the field answers 200 with an error in its body",
    plant: { manner: "real", faults: ["error-body=halts"], http: { MANIFESTS: "0" } },
    expect: wrong("says error", "http_halts_latency_ms"),
  },
  {
    name: "http: slow-http=60, as in the field",
    plants: "every answer of a gateway as it is in the field is 60 ms late",
    plant: {
      manner: "real",
      faults: ["slow-http=60"],
      http: { VUS: "60", THINK_TIME: "10ms", MANIFESTS: "0" },
    },
    expect: {
      verdict: "FAIL",
      reasons: LATENCIES.filter((name) => !name.startsWith("http_manifest_") && name.endsWith("p(95)")),
      besides: ENDPOINTS.map((name) => `http_${name}_`),
    },
  },
  {
    name: "http: no descriptors",
    plants: "the machine of k6 has no file descriptors left for its connections",
    plant: { descriptors: 30, http: { VUS: "60" } },
    expect: { verdict: "INVALID", reasons: ["this machine ran out of file descriptors"] },
  },
  {
    name: "http: no descriptors for a while",
    plants: "the machine of k6 has no file descriptors left for 3 s, and enough again when it tells what it saw",
    plant: { descriptors: 30, regained: 3_000, http: { VUS: "60" } },
    expect: {
      verdict: "INVALID",
      reasons: ["this machine ran out of file descriptors in"],
      besides: [
        "http_error_rate",
        "http_outage_ms",
        "http_manifests_found",
        ...ENDPOINTS.map((name) => `http_${name}_`),
      ],
    },
  },
];

export const HTTP: Table<HttpPlant> = { subject: http, rows: ROWS };
