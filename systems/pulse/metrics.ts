/** What only the gateway has: its own endpoints. */
import { count, latency, ours } from "../../core/metric.ts";

export const gateway = {
  http_health_latency_ms: ours(latency("answer time of GET /health")),
  http_ready_latency_ms: ours(latency("answer time of GET /ready")),
  http_correctness_status_latency_ms: ours(latency("answer time of /api/v1/correctness/status")),
  http_watermark_latency_ms: ours(latency("answer time of /api/v1/correctness/watermark")),
  http_halts_latency_ms: ours(latency("answer time of /api/v1/correctness/halts")),
  http_gaps_latency_ms: ours(latency("answer time of /api/v1/correctness/gaps")),
  http_manifest_latency_ms: ours(latency("answer time of the manifest endpoints")),
  http_manifests_found: count("manifests of single blocks that were found, among those asked for"),
  http_ready_claims: count("answers of /ready that claimed to be ready while a dependency was away"),
  http_health_claims: count("answers of /health that claimed health while a dependency was away"),
};
