/** What to look at when an objective of the gateway is missed. */
import type { NextStep } from "../../core/nextstep.ts";

export const nextSteps: readonly NextStep[] = [
  [
    /^http_manifests_found$/,
    () =>
      "the gateway named no block that it has: publish some events before (throughline run nats), or set MANIFESTS=0",
  ],
  [
    /^http_ready_claims$/,
    () => "/ready must ask what the gateway cannot work without, and answer 503 while that is away",
  ],
  [
    /^http_health_claims$/,
    () =>
      "/health may answer 200 for a process that lives, but its body must not say that all is well; where it only means the process, set SLO_HTTP_HEALTH_CLAIMS_COUNT=off",
  ],
];
