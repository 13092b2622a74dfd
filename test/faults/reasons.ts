/** What the reasons of many rows begin with: the metrics of what is missed. */
export const P95 = "account_delivery_p95_ms";
export const P99 = "account_delivery_p99_ms";
export const P995 = "account_delivery_p995_ms";
export const ACK = "publish_ack_latency_ms";

/** What subscribers miss that are told too late. */
export const LATE = [P95, P99, P995, "ws_event_latency_ms"];

/** What a publisher misses that was held up. */
export const BEHIND = [
  "events_offered",
  "account_offered",
  "schedule_delay_ms",
  "offered_rate_share",
  "generator_pause_ms",
];

/** What is told of objectives when a run was too short to judge them. */
export const TOO_FEW = "samples, ";

/** What websocket.js cannot measure when no event comes. */
export const SILENT = ["account_", "ws_event_latency_ms", "ws_events_damaged", "generator_lag_ms"];
