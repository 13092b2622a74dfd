/** The beginnings of reasons that many rows share: the missed metrics. */
export const P95 = "account_delivery_p95_ms";
export const P99 = "account_delivery_p99_ms";
export const P995 = "account_delivery_p995_ms";
export const ACK = "publish_ack_latency_ms";

/** What subscribers miss when deliveries come too late. */
export const LATE = [P95, P99, P995, "ws_event_latency_ms"];

/** What a delayed publisher misses. */
export const BEHIND = [
  "events_offered",
  "account_offered",
  "schedule_delay_ms",
  "offered_rate_share",
  "generator_pause_ms",
];

/** Objectives that a short run cannot judge. */
export const TOO_FEW = " needed to judge ";

/** What websocket.js cannot measure without events. */
export const SILENT = ["account_", "ws_event_latency_ms", "ws_events_damaged", "generator_lag_ms"];
