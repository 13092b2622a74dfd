/** The objectives of EthHook, one row each. */
import type { SloContext } from "../../core/definition.ts";
import { alive, keptUp, published } from "../../core/objectives.ts";
import { P95_FLOOR, P99_FLOOR, type Slo, slo } from "../../core/slo.ts";

/** For its publisher: Redis accepts everything at once. */
export const redis = (): readonly Slo[] => [slo("publish_ack_latency_ms").p95.below(250), ...published];

/**
 * For deliveries by webhook: retries and concurrency reorder them; the promise is a mean, which few slow ones hardly
 * change.
 */
const webhooked = [
  slo("account_wrong_signatures").count.is(0),
  slo("account_hasty_retries").count.is(0),
  slo("account_left_pending").count.is(0),
  slo("account_delivery_mean_ms").value(1).below(500),
];

/** Number of seconds that show whether a backlog grows. */
const SECONDS_FLOOR = 5;

/** For deliveries by webhook in runs with enough of them and enough time. */
function webhookedLong({ profile = "smoke", events, messages = null, rate = null }: SloContext): Slo[] {
  const most = events ?? messages ?? Number.POSITIVE_INFINITY;
  const seconds = rate === null ? 0 : most / rate;
  return [
    ...(most < P95_FLOOR ? [] : [slo("account_delivery_p95_ms").value(P95_FLOOR).below(1_000)]),
    ...(most < P99_FLOOR ? [] : [slo("account_delivery_p99_ms").value(P99_FLOOR).below(2_000)]),
    ...(seconds < SECONDS_FLOOR + 3 ? [] : keptUp(profile, SECONDS_FLOOR)),
  ];
}

/** For its publisher, if a receiver takes the webhooks. */
export const settledRedis = (context: SloContext): readonly Slo[] => [
  ...alive,
  ...webhooked,
  ...webhookedLong(context),
];
