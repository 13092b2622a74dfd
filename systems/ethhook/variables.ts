/** The variables of EthHook's publisher, one row each. */
import { isDuration, parseDuration } from "../../core/shape.ts";
import { address, filePath, integer, key, keys, share, variable, word } from "../../core/variable.ts";
import { accounted, canaries, common, MAX_SEQ, publishing, receiverOrNone, scenario } from "../../core/variables.ts";
import { REDIS_WAYS_IN } from "../access.ts";
import { ENDPOINTS, NEVER_MATCHING } from "./endpoints.ts";
import * as profiles from "./profiles.ts";
import { CHAIN_ID } from "./sepolia.ts";
import { DELIVERY_QUEUE } from "./wire.ts";

const pauses = variable("durations with commas, such as 2s,4s,8s,16s; or none", (text) => {
  const parts = text === "none" ? [] : text.split(",");
  return parts.every(isDuration) ? parts.map(parseDuration) : undefined;
});

const knownEndpoints = [...ENDPOINTS, NEVER_MATCHING];
const endpoints = variable(`names out of ${knownEndpoints.map(({ name }) => name).join(", ")}, with commas`, (text) => {
  const names = text.split(",");
  const chosen = knownEndpoints.filter(({ name }) => names.includes(name));
  return chosen.length === names.length ? chosen : undefined;
});

/** The variables of redis.js. */
export const redis = {
  SCENARIO: scenario(profiles.redis),
  ...common,
  ...accounted,
  ...publishing,
  RECEIVER_URL: receiverOrNone(
    "the receiver that the webhooks arrive at and that settles the run; none only publishes",
    "http://127.0.0.1:4800",
  ),
  CONCURRENCY: integer(1, 10_000)("the same as WORKERS, by the name that the replaced tool has for it"),
  REDIS_URL: address("redis", "rediss")(
    "the server; user, password and database as in any Redis URL",
    "redis://localhost:6379",
  ),
  ...REDIS_WAYS_IN,
  REDIS_MASTER: word("name of the master that REDIS_URL's Sentinel watches"),
  STREAM: key("the stream that the pipeline reads; events:11155111 unless CHAIN_ID says another chain"),
  MAXLEN: integer(
    1,
    MAX_SEQ,
  )("entries beyond which the stream is trimmed; entries that a consumer group has not acknowledged are never cut off"),
  QUEUES: keys(
    "lists and sets behind the stream whose lengths explain what is missing",
    [DELIVERY_QUEUE, ...["taken", "retry", "dead"].map((stage) => `${DELIVERY_QUEUE}:${stage}`)].join(),
  ),
  ENDPOINTS: endpoints(
    "the endpoints that are set up in the pipeline and must be told of their events",
    ENDPOINTS.map(({ name }) => name).join(),
  ),
  RETRY_PAUSES: pauses(
    "pauses of the sender after its first, second, ... attempt that failed: until they are over what was refused is not lost",
    "2s,4s,8s,16s",
  ),
  ENDPOINTS_FILE: filePath(
    "somebody's own endpoints as JSON, as throughline endpoints ethhook writes them: events are made for their rules, instead of for ENDPOINTS",
  ),
  CHAIN_ID: integer(1, 2 ** 53 - 1)(
    "the chain of the events, with ENDPOINTS_FILE; STREAM is events: and this number unless told",
    String(CHAIN_ID),
  ),
  CANARIES: canaries,
  WARM_UP: integer(0, 100_000)(
    "canaries that are sent before the load, no faster than they go through: a target that has just started pays with its first events for what it compiles and caches",
    "0",
  ),
  UNMATCHED_SHARE: share("share of the events that no endpoint wants", "0"),
};
