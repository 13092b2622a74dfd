/** What is good enough for EthHook: adding an objective is one row. */
import type { SloContext } from "../../core/definition.ts";
import { alive, keptUp, published } from "../../core/objectives.ts";
import { P95_FLOOR, P99_FLOOR, type Slo, slo } from "../../core/slo.ts";

/** Of its publisher: Redis takes all, and at once. */
export const redis = (): readonly Slo[] => [slo("publish_ack_latency_ms").p95.below(250), ...published];

/** Of deliveries by webhook: retries and concurrency reorder them; the promise is a mean, which few slow ones leave as it is. */
const webhooked = [
  slo("account_wrong_signatures").count.is(0),
  slo("account_hasty_retries").count.is(0),
  slo("account_left_pending").count.is(0),
  slo("account_delivery_mean_ms").value(1).below(500),
];

/** Seconds that show whether a backlog grows. */
const SECONDS_FLOOR = 5;

/** Of deliveries by webhook in a run that has enough of them to tell, and that lasts long enough. */
function webhookedLong({ profile = "smoke", events, messages = null, rate = null }: SloContext): Slo[] {
  const most = events ?? messages ?? Number.POSITIVE_INFINITY;
  const seconds = rate === null ? 0 : most / rate;
  return [
    ...(most < P95_FLOOR ? [] : [slo("account_delivery_p95_ms").value(P95_FLOOR).below(1_000)]),
    ...(most < P99_FLOOR ? [] : [slo("account_delivery_p99_ms").value(P99_FLOOR).below(2_000)]),
    ...(seconds < SECONDS_FLOOR + 3 ? [] : keptUp(profile, SECONDS_FLOOR)),
  ];
}

/** Of its publisher, where a receiver takes the webhooks. */
export const settledRedis = (context: SloContext): readonly Slo[] => [
  ...alive,
  ...webhooked,
  ...webhookedLong(context),
];
