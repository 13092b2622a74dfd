/** The part of an opening for runs with webhooks. */
import * as v from "valibot";
import { LONGEST_SECONDS } from "../../core/plan.ts";
import { texts } from "../../core/texts.ts";
import { endpointSchema } from "./endpointschema.ts";

const LogVariantSchema = v.object({
  chainId: v.pipe(v.number(), v.integer(), v.minValue(0)),
  contract: v.pipe(v.string(), v.maxLength(128)),
  topics: texts(),
  data: v.pipe(v.string(), v.maxLength(10_000)),
});

/** The endpoints of a run with webhooks. */
export const WebhooksSchema = v.object({
  endpoints: v.pipe(v.array(endpointSchema()), v.minLength(1), v.maxLength(100), v.readonly()),
  unmatchedShare: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** The log entries that events are drawn from, if the endpoints are the user's own. */
  variants: v.optional(
    v.object({
      wanted: v.pipe(v.array(LogVariantSchema), v.minLength(1), v.maxLength(100), v.readonly()),
      unwanted: v.pipe(v.array(LogVariantSchema), v.maxLength(100), v.readonly()),
    }),
  ),
  /** Pauses of the sender in ms after its first, second, ... failed attempt; after the last one it gives up. */
  retryPauses: v.optional(
    v.pipe(
      v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000))),
      v.maxLength(100),
      v.readonly(),
    ),
  ),
});
export type Webhooks = v.InferOutput<typeof WebhooksSchema>;
