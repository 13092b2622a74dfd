/** The fault matrix: one table for each kind of pipeline. Another kind is one more line. */
import { CHAOS_OF_PULSE, CHAOS_OF_WEBHOOKS } from "./chaos-rows.ts";
import { ETHHOOK } from "./ethhook-rows.ts";
import { HTTP } from "./http-rows.ts";
import { type AnyTable, anyTable } from "./matrix.ts";
import { PULSE } from "./pulse-rows.ts";

export const TABLES: readonly AnyTable[] = [
  anyTable(PULSE),
  anyTable(HTTP),
  anyTable(ETHHOOK),
  anyTable(CHAOS_OF_PULSE),
  anyTable(CHAOS_OF_WEBHOOKS),
];
