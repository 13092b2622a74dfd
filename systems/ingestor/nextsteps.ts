/** What to look at when an objective of a message ingestor is missed. */
import { type NextStep, statuses } from "../../core/nextstep.ts";

export const nextSteps: readonly NextStep[] = [
  [
    /^ingest_(failure_rate|server_errors|wrongly_refused)$/,
    (_, { summaries }) => `answers ${statuses(summaries, "ingest")}; read the ingestor's log`,
  ],
  [/^ingest_repeated_ids$/, () => "message ids are too short, or each process counts by itself: make them unique"],
  [/^ingest_accepted_latency_ms$/, () => "the ingestor answers slowly: look at what it waits for before it answers"],
  [
    /^account_shortfall$/,
    () => "hop queue to table: messages left the queue but did not become rows; read the worker's log",
  ],
  [
    /^account_repeated_ids$/,
    () => "the ingestor gives message ids that are not unique: make them longer, or no message can be found by its id",
  ],
  [/^account_insert_p9[59]_ms$/, () => "hop queue to table: the worker is slow; look at its batches and the database"],
];
