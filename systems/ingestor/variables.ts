/** The variables of the ingestor's test, one row each. */
import { MOST_EVENTS } from "../../core/plan.ts";
import { address, duration, integer, variable } from "../../core/variable.ts";
import { accounted, common, publishing, receiverOrNone, scenario } from "../../core/variables.ts";
import { waysIn } from "../access.ts";
import * as profiles from "./profiles.ts";

/** The variables of ingest.js. */
export const ingest = {
  SCENARIO: scenario(profiles.ingest),
  ...common,
  ...accounted,
  ...publishing,
  RECEIVER_URL: receiverOrNone(
    "the receiver that observes the table and settles the run; without one, storage is not verified",
    "http://127.0.0.1:4800",
  ),
  INGEST_URL: address("http", "https")("the ingestor", "http://localhost:8000"),
  ...waysIn("INGEST"),
  MODEL: variable("open, closed", (text) => (text === "open" || text === "closed" ? text : undefined))(
    "open sends messages when they are due, closed when one of those in flight is answered; CONCURRENCY selects closed",
  ),
  BUFFER_TIMEOUT: duration(
    "how long a worker may keep a last partial batch; the run waits as long for pending or buffered messages",
    "30s",
  ),
  MESSAGES: integer(1, MOST_EVENTS)("the same as EVENTS; the replaced tool's name for it"),
  CONCURRENCY: integer(1, 10_000)("messages in flight, in a closed model"),
};
