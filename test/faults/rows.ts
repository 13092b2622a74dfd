/** The fault matrix: a table for each pipeline. */
import { PULSE_BURSTS } from "./burst-rows.ts";
import { CHAOS_OF_NETWORKS } from "./chaos-network-rows.ts";
import { CHAOS_OF_PULSE } from "./chaos-pulse-rows.ts";
import { CHAOS_OF_WEBHOOKS } from "./chaos-webhook-rows.ts";
import { PULSE_CHURN } from "./churn-rows.ts";
import { ETHHOOK } from "./ethhook-rows.ts";
import { FIELD_OF_ETHHOOK, FIELD_OF_INGEST, FIELD_OF_PULSE, FIELD_OF_SIGNALS } from "./field-rows.ts";
import { HTTP } from "./http-rows.ts";
import { INGEST } from "./ingest-rows.ts";
import { CLOCKS_SET, INSTRUMENT } from "./instrument-rows.ts";
import { type AnyTable, anyTable } from "./matrix.ts";
import { PULSE } from "./pulse-rows.ts";
import { PULSE_TIMES } from "./pulse-time-rows.ts";
import { READ_IN_GO } from "./read-rows.ts";
import { SIGNALS } from "./signals-rows.ts";
import { STRAYS_OF_ETHHOOK, STRAYS_OF_PULSE } from "./stray-rows.ts";

/** Tables with much load are not adjacent, because two tables run at the same time. */
export const TABLES: readonly AnyTable[] = [
  anyTable(PULSE),
  anyTable(ETHHOOK),
  anyTable(INGEST),
  anyTable(SIGNALS),
  anyTable(HTTP),
  anyTable(CHAOS_OF_PULSE),
  anyTable(CHAOS_OF_WEBHOOKS),
  anyTable(CHAOS_OF_NETWORKS),
  anyTable(PULSE_TIMES),
  anyTable(FIELD_OF_ETHHOOK),
  anyTable(FIELD_OF_PULSE),
  anyTable(PULSE_CHURN),
  anyTable(PULSE_BURSTS),
  anyTable(INSTRUMENT),
  anyTable(READ_IN_GO),
  anyTable(CLOCKS_SET),
  anyTable(FIELD_OF_INGEST),
  anyTable(FIELD_OF_SIGNALS),
  anyTable(STRAYS_OF_PULSE),
  anyTable(STRAYS_OF_ETHHOOK),
];
