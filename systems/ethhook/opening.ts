/** What a run is opened with whose events come back as webhooks. */
import * as v from "valibot";
import { LONGEST_SECONDS } from "../../core/plan.ts";
import { Texts } from "../../core/texts.ts";
import { EndpointSchema } from "./endpointschema.ts";

const LogVariantSchema = v.object({
  chainId: v.pipe(v.number(), v.integer(), v.minValue(0)),
  contract: v.pipe(v.string(), v.maxLength(128)),
  topics: Texts,
  data: v.pipe(v.string(), v.maxLength(10_000)),
});

/** A run whose events come back as webhooks: which endpoints they must come to. */
export const WebhooksSchema = v.object({
  endpoints: v.pipe(v.array(EndpointSchema), v.minLength(1), v.maxLength(100), v.readonly()),
  unmatchedShare: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** The log entries that events are drawn from, where they are made for somebody's own endpoints. */
  variants: v.optional(
    v.object({
      wanted: v.pipe(v.array(LogVariantSchema), v.minLength(1), v.maxLength(100), v.readonly()),
      unwanted: v.pipe(v.array(LogVariantSchema), v.maxLength(100), v.readonly()),
    }),
  ),
  /** Ms that the sender waits after its first, second, ... attempt that failed; after the last it gives up. */
  retryPauses: v.optional(
    v.pipe(
      v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(LONGEST_SECONDS * 1000))),
      v.maxLength(100),
      v.readonly(),
    ),
  ),
});
export type Webhooks = v.InferOutput<typeof WebhooksSchema>;
