/** The fault matrix: one table for each kind of pipeline. Another kind is one more line. */
import { CHAOS_OF_PULSE } from "./chaos-pulse-rows.ts";
import { CHAOS_OF_WEBHOOKS } from "./chaos-webhook-rows.ts";
import { ETHHOOK } from "./ethhook-rows.ts";
import { HTTP } from "./http-rows.ts";
import { INGEST } from "./ingest-rows.ts";
import { type AnyTable, anyTable } from "./matrix.ts";
import { PULSE } from "./pulse-rows.ts";
import { PULSE_TIMES } from "./pulse-time-rows.ts";
import { SIGNALS } from "./signals-rows.ts";

export const TABLES: readonly AnyTable[] = [
  anyTable(PULSE),
  anyTable(PULSE_TIMES),
  anyTable(HTTP),
  anyTable(ETHHOOK),
  anyTable(INGEST),
  anyTable(SIGNALS),
  anyTable(CHAOS_OF_PULSE),
  anyTable(CHAOS_OF_WEBHOOKS),
];
