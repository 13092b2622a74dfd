/** Metrics of the message ingestor. */
import { answering, count, latency, ours, perEvent, refusal, share, tally } from "../../core/metric.ts";

export const ingest = {
  ingest_failure_rate: share("messages that were not answered with 2xx and a message id"),
  ingest_accepted_latency_ms: answering(perEvent(ours(latency("answer time of messages that were accepted (2xx)")))),
  ingest_refused_latency_ms: latency("answer time of messages that were refused (4xx other than 429)"),
  ingest_limited_latency_ms: latency("answer time of messages above a limit (429)"),
  ingest_error_latency_ms: latency("answer time of messages with a server error (5xx)"),
  ingest_unanswered_latency_ms: latency("time after which messages without an answer were given up"),
  ingest_status_2xx: tally("messages answered with a status from 200 to 299"),
  ingest_status_4xx: refusal(tally("messages answered with a status from 400 to 499 other than 429")),
  ingest_status_429: refusal(tally("messages answered with status 429")),
  ingest_status_5xx: refusal(tally("messages answered with a status from 500 to 599")),
  ingest_status_none: refusal(tally("messages that got no answer")),
  ingest_status_other: tally("messages answered with any other status"),
  ingest_repeated_ids: count("accepted messages with a message_id that the same virtual user had received before"),
  ingest_server_errors: count("messages that got a 5xx, an unexpected status, or no answer"),
  ingest_wrongly_refused: count("messages within the contract that were refused"),
};
