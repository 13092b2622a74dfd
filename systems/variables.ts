/**
 * Every variable of the suite, once: what it may hold, what it is when it is not given, and what it
 * does. Given to k6 as `-e NAME=value` or in the environment, bare or as `THROUGHLINE_NAME`.
 * Adding a variable is one row.
 */

import { definitionOf } from "../core/definition.ts";
import { MOST_EVENTS } from "../core/plan.ts";
import { isDuration, parseDuration } from "../core/shape.ts";
import {
  address,
  addresses,
  duration,
  field,
  filePath,
  flag,
  integer,
  key,
  keys,
  openingRate,
  path,
  positive,
  rate,
  secret,
  share,
  type Variable,
  variable,
  word,
} from "../core/variable.ts";
import { profilesOf, type Test, TRIALS, type Trial } from "../scenarios.ts";
import { REDIS_WAYS_IN, SOCKET_WAYS_IN, waysIn } from "./access.ts";
import { CHAIN_ID } from "./ethhook/sepolia.ts";
import { DELIVERY_QUEUE, ENDPOINTS, NEVER_MATCHING } from "./ethhook/wire.ts";
import { FIELD_TYPE_CHOICES, readFieldTypes } from "./pulse/fieldtypes.ts";
import { FILTER_CLASSES, FILTER_FIELDS, type FilterField, readFilterClasses } from "./pulse/filters.ts";
import { CHAIN_NUMBERS, STREAM, SUBJECT } from "./pulse/wire.ts";
import { CONTRACT } from "./signals/wire.ts";

/** The address of a receiver, which is ours and bears no load. */
const { allowed: webAddress, parse: readWebAddress } = address("http", "https")("");
export const receiver = variable(webAddress, readWebAddress);
const receiverOrNone = variable(`${webAddress}, or none`, (text) => (text === "none" ? null : readWebAddress(text)));

const pauses = variable("durations with commas, such as 2s,4s,8s,16s; or none", (text) => {
  const parts = text === "none" ? [] : text.split(",");
  return parts.every(isDuration) ? parts.map(parseDuration) : undefined;
});

const chains = variable(`names out of ${Object.keys(CHAIN_NUMBERS).join(", ")} or CHAIN_IDS, with commas`, (text) => {
  const names = text.split(",").map((name) => name.trim());
  return names.every((name) => /^[a-z0-9-]+$/.test(name)) ? names : undefined;
});

const chainNumbers = variable("pairs such as ethereum=1,solana=2", (text) => {
  const numbers: Record<string, number> = {};
  for (const pair of text.split(",")) {
    const [, name, number] = /^\s*([a-z0-9-]+)=(\d{1,15})\s*$/.exec(pair) ?? [];
    if (name === undefined) return undefined;
    numbers[name] = Number(number);
  }
  return numbers;
});

/** Load zones of k6 Cloud with their percentages. */
const zones = variable(
  "load zones whose percentages add up to 100, such as amazon:us:ashburn=60,amazon:de:frankfurt=40",
  (text) => {
    const percentages: Record<string, number> = {};
    for (const pair of text.split(",")) {
      const [, zone, percent] = /^\s*([a-z0-9:.-]+)=(\d{1,3})\s*$/.exec(pair) ?? [];
      if (zone === undefined || zone in percentages) return undefined;
      percentages[zone] = Number(percent);
    }
    const sum = Object.values(percentages).reduce((total, percent) => total + percent, 0);
    return sum === 100 ? percentages : undefined;
  },
);

const knownEndpoints = [...ENDPOINTS, NEVER_MATCHING];
const endpoints = variable(`names out of ${knownEndpoints.map(({ name }) => name).join(", ")}, with commas`, (text) => {
  const names = text.split(",");
  const chosen = knownEndpoints.filter(({ name }) => names.includes(name));
  return chosen.length === names.length ? chosen : undefined;
});

const trials = variable(`names out of ${Object.keys(TRIALS).join(", ")}, with commas; or none`, (text) => {
  const names = text === "none" ? [] : text.split(",");
  return names.every((name) => Object.hasOwn(TRIALS, name)) ? (names as Trial[]) : undefined;
});

const filterFields = variable(`names out of ${FILTER_FIELDS.join(", ")}, with commas`, (text) => {
  const fields = text.split(",").map((field) => field.trim()) as FilterField[];
  return fields.every((field) => FILTER_FIELDS.includes(field)) ? fields : undefined;
});

/** What the subjects of a stream's messages start with. */
const subjectPrefix = variable("names with dots, without spaces and wildcards", (text) =>
  /^[^\s.*>]+(?:\.[^\s.*>]+)*$/.test(text) ? text : undefined,
);

const RETENTIONS = ["limits", "interest", "workqueue"] as const;

const fieldTypes = variable(`pairs with commas, out of ${FIELD_TYPE_CHOICES}`, readFieldTypes);

const MAX_SEQ = 2 ** 32 - 1;

const canaries = integer(1, 100_000)(
  "the most canaries that are sent, evenly over CANARY_TIMEOUT: each stays in the stream",
  "500",
);

const profile = (test: Test) => {
  const allowed = profilesOf(test);
  return variable(allowed.join(", "), (text) => (allowed.includes(text) ? text : undefined));
};

/** Of every test. */
export const common = {
  RUN_ID: word("name of the run, the same for all that take part in it; made up when absent"),
  DURATION: duration("length of the whole load, instead of the profile's"),
  TIME_SCALE: positive("multiplies every time of the profile", "1"),
  LOAD_SCALE: positive("multiplies every level of the profile", "1"),
  INSTANCES: integer(1, 1_000)(
    "k6 processes that share the load by execution segments, all of them told the same number",
    "1",
  ),
  HEALTH_URL: addresses(
    "http",
    "https",
  )("health monitors (throughline monitor --serve) that watch the target, one on each of its machines"),
  SUMMARY: filePath("where to write the summary as JSON; its folder must exist"),
  ALLOW_REMOTE: flag("1 allows a higher peak than smoke's on a target that is not on this machine", "0"),
  CLOUD_PROJECT: integer(1, 2 ** 53 - 1)("number of the k6 Cloud project that a cloud run belongs to"),
  CLOUD_ZONES: zones("where k6 Cloud makes the load, instead of its own choice"),
};

const visitors = {
  VUS: integer(1, 100_000)("highest number of virtual users, instead of the profile's"),
};

/** Of every test that a receiver settles. */
export const accounted = {
  SEED: integer(0, MAX_SEQ)("chooses the stream of events; publishers and subscribers need the same", "1"),
  RECEIVER_URL: receiverOrNone("the receiver that settles the run; none, or none at all, and nothing is joined"),
  DRAIN_TIMEOUT: duration("how long to wait after the load for what is still on its way", "60s"),
  DRAIN_QUIET: duration("give up waiting when nothing has arrived for so long", "5s"),
  LINGER: duration(
    "go on listening for so long after everything has arrived: what the pipeline delivers again later is seen by nobody",
  ),
};

const subscribed = {
  ...accounted,
  CHAINS: chains("chains that the events are spread over", "ethereum,solana"),
};

/** Of every test that publishes. */
export const publishing = {
  RATE: rate("highest rate, instead of the profile's; max sends as fast as acknowledgements come"),
  EVENTS: integer(1, MOST_EVENTS)("exact number of events, instead of the profile's"),
  WORKERS: integer(1, 10_000)("publishers that may wait for acknowledgements at the same time"),
  BATCH: integer(1, 10_000)("events that one publisher sends together"),
  ACK_TIMEOUT: duration("how long to wait for an acknowledgement before its outcome is unknown", "5s"),
  CANARY_TIMEOUT: duration("how long a canary may take through the whole path before the run is given up", "30s"),
};

/** The variables of every test. */
export const VARIABLES = {
  http: {
    SCENARIO: profile("http")("how the load moves over time", "smoke"),
    ...common,
    ...visitors,
    HTTP_URL: address("http", "https")("the gateway", "http://localhost:8080"),
    ...waysIn("HTTP"),
    RATE: positive(
      "visits per second, each of which asks every endpoint once: an open model, instead of virtual users",
    ),
    WORKERS: integer(1, 10_000)("visits that may wait for answers at the same time, in an open model"),
    CHAINS: chains("chains whose manifests are asked for", "ethereum,solana"),
    MANIFESTS: flag("0 when the gateway has no manifest repository: a 503 is then its right answer", "1"),
    CORRECTNESS: flag("0 when the gateway runs without watermark and gap detector: they may then be unavailable", "1"),
    DEPENDENCY_AWAY: flag(
      "1 says that something the gateway cannot work without is away: only /health and /ready are asked, and /ready must not claim to be ready",
      "0",
    ),
    THINK_TIME: duration("pause of a visitor after each round of requests", "1s"),
    HTTP_TIMEOUT: duration("how long an answer may take before it is given up", "10s"),
    MAX_AGE: duration("how far a timestamp in an answer may be from this machine's clock", "60s"),
  },
  websocket: {
    SCENARIO: profile("websocket")("how the load moves over time", "smoke"),
    ...common,
    ...visitors,
    ...subscribed,
    WS_URL: address("ws", "wss")("the gateway's socket", "ws://localhost:8080/ws"),
    ...waysIn("WS"),
    ...SOCKET_WAYS_IN,
    SOCKETS: integer(1, 5_000)("connections that each virtual user holds", "1"),
    OPENING_RATE: openingRate(
      "connections that each k6 process opens per second where the load begins with all of them; max is a thundering herd",
      "1000",
    ),
    FILTERS: variable(
      `${FILTER_CLASSES.join(", ")}, with commas, or all for no filter; with a weight as in simple=3`,
      readFilterClasses,
    )("filters that the connections take in turn, each as often as its weight says", FILTER_CLASSES.join()),
    FILTER_FIELDS: filterFields(
      "fields that complex filters name; the gateway sends no program_id, so that a filter on program_ids matches nothing there",
      "chains,event_types,accounts",
    ),
    SESSION: duration("how long a client of the churn profile stays", "5s"),
    SESSION_RATE: positive("sessions per second of the churn profile, instead of as many as its clients come to"),
    VANISH_SHARE: share(
      "share of the sessions of the churn profile that leave without a word; dist/churn.js needs bin/k6 for that, and dist/websocket.js sends a closing frame",
      "0.5",
    ),
    RESUBSCRIBE_SHARE: share(
      "share of the sessions of the churn profile that unsubscribe and subscribe again on the same connection",
      "0.25",
    ),
    SLOW_READERS: share(
      "share of the clients that read slowly, whose deliveries nobody judges; only with dist/churn.js and bin/k6",
      "0",
    ),
    SLOW_READ_RATE: positive("kB that a client of SLOW_READERS reads in a second", "50"),
    CONNECT_TIMEOUT: duration("how long the gateway may take for its connected and subscribed frames", "10s"),
    PING_EVERY: duration("pause between the pings of a connection", "5s"),
    END_WHEN_SETTLED: flag("1 ends the sessions when the receiver has settled the run", "0"),
  },
  nats: {
    SCENARIO: profile("nats")("how the load moves over time", "smoke"),
    ...common,
    ...subscribed,
    ...publishing,
    NATS_URL: address("nats", "tls")("the server", "nats://localhost:4222"),
    SUBSCRIPTIONS: integer(
      1,
      100_000,
    )("subscriptions without which the load does not start; when absent, those that have joined"),
    NATS_TOKEN: secret("token to connect with"),
    NATS_USER: secret("user to connect as"),
    NATS_PASSWORD: secret("password of NATS_USER"),
    NATS_CREDS: filePath("credentials file to connect with"),
    NATS_NKEY: filePath("file with the seed of an nkey to connect with"),
    NATS_DOMAIN: word("JetStream domain that the stream is in"),
    NATS_CA: filePath("certificates of the authorities to trust; connects with TLS"),
    NATS_CERT: filePath("client certificate, together with NATS_KEY"),
    NATS_KEY: filePath("key of NATS_CERT"),
    CANARIES: canaries,
    READY_URL: receiver(
      "where the gateway says whether it is ready: asked when nothing comes out of it, and what it claims then is told",
    ),
    STREAM: word("the JetStream stream", STREAM),
    CREATE_STREAM: flag("1 creates the stream when it is missing; an existing one is never changed", "0"),
    RETENTION: variable("limits, interest, workqueue", (text) => RETENTIONS.find((retention) => retention === text))(
      "retention of a stream that is created; some gateways read none that has another one than their own",
      "limits",
    ),
    SUBJECT: subjectPrefix("what subjects start with; the chain's number and the event type follow", SUBJECT),
    CHAIN_IDS: chainNumbers("the gateway's chain numbers, where they differ from the contract's"),
    PROBE_CHAIN: integer(0, MAX_SEQ)(
      "a chain number that no gateway knows: one event of it is sent before the load, and who is told of it is said; 0 sends none",
      "9999",
    ),
    FIELD_TYPES: fieldTypes("JSON types of published fields, where a gateway decodes others than the contract's"),
    BURST: flag("1 adds bursts to a steady rate: RATE is then the rate between them", "0"),
    BURST_RATIO: positive("rate of a burst as a multiple of the rate between bursts", "10"),
    BURST_PERIOD: duration("time from one burst to the next; 30s unless BURST_GAP says it"),
    BURST_LENGTH: duration("how long a burst lasts; a tenth of the time from one to the next unless told"),
    BURST_GAP: duration("calm time between two bursts, and before the first"),
    BURST_CYCLES: integer(
      1,
      10_000,
    )(
      "number of bursts, after the last of which there is a gap too; without it as many as the length of the load has room for",
    ),
  },
  redis: {
    SCENARIO: profile("redis")("how the load moves over time", "smoke"),
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
    )(
      "entries beyond which the stream is trimmed; entries that a consumer group has not acknowledged are never cut off",
    ),
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
    UNMATCHED_SHARE: share("share of the events that no endpoint wants", "0"),
  },
  webhook: {
    SCENARIO: profile("webhook")("how the load moves over time", "smoke"),
    ...common,
    ...accounted,
    ...publishing,
    SIGNALS_URL: address("http", "https")("the server that takes the signals", "http://localhost:8000"),
    SIGNALS_USER: secret("user to log in as, to create webhooks"),
    SIGNALS_PASSWORD: secret("password of SIGNALS_USER"),
    ...waysIn("SIGNALS"),
    LOGIN_PATH: path("where to log in", "/api/v1/auth/login"),
    LOGIN_AS: variable("form or json", (text) => (text === "form" || text === "json" ? text : undefined))(
      "how user and password are sent",
      "form",
    ),
    LOGIN_FIELD: field("the field that names the user, e.g. email", "username"),
    CREATE_PATH: path("where webhooks are created", "/api/v1/webhooks/generate"),
    TRIGGER_PATH: path("where signals are sent, before the webhook's token", "/api/v1/webhooks"),
    WEBHOOKS: integer(1, 1_000)("webhooks to create, instead of as many as keep the load under their limits"),
    WEBHOOK_TOKEN: secret("token of a webhook that exists, instead of logging in and creating some"),
    WEBHOOK_SECRET: secret("secret of WEBHOOK_TOKEN"),
    TRACE_FIELD: field("the field of a signal that its trace rides in", "signal_id"),
    SIGNAL_LIMIT: integer(2, 1_000)("requests per second that each webhook takes of a client", String(CONTRACT.limit)),
    TRIALS: trials("what is tried after the load", Object.keys(TRIALS).join()),
    MEMORY_SIGNALS: integer(100, 10_000_000)("signals of the memory trial", String(TRIALS.memory.signals)),
    MEMORY_RATE: positive("signals per second of the memory trial: what the target is known to take with ease", "100"),
    SIGNALS_EXECUTED_URL: address("http", "https")("list of the executed signals; needs RECEIVER_URL, which joins it"),
    EXECUTED_BY: variable("trace, count", (text) => (text === "trace" || text === "count" ? text : undefined))(
      "how what was accepted is compared with what was executed: signal by signal, or, where the target keeps none of their fields, by count",
      "trace",
    ),
    DELETE_PATH: path(
      "where a webhook is deleted, as in /api/v1/webhooks/{token} or /api/v1/webhooks/{id}: those that were created are deleted at the end",
    ),
  },
  ingest: {
    SCENARIO: profile("ingest")("how the load moves over time", "smoke"),
    ...common,
    ...accounted,
    ...publishing,
    RECEIVER_URL: receiverOrNone(
      "the receiver that watches the table and settles the run; with none, storage is not verified",
      "http://127.0.0.1:4800",
    ),
    INGEST_URL: address("http", "https")("the ingestor", "http://localhost:8000"),
    ...waysIn("INGEST"),
    MODEL: variable("open, closed", (text) => (text === "open" || text === "closed" ? text : undefined))(
      "open sends messages when they are due, closed when one of those under way is answered; CONCURRENCY asks for closed",
    ),
    BUFFER_TIMEOUT: duration(
      "how long a worker may keep a last partial batch: until then what is pending or buffered is waited for",
      "30s",
    ),
    MESSAGES: integer(1, MOST_EVENTS)("the same as EVENTS, by the name that the replaced tool has for it"),
    CONCURRENCY: integer(1, 10_000)("messages under way at the same time, in a closed model"),
  },
} as const satisfies Partial<Record<Test, Readonly<Record<string, Variable<unknown>>>>>;

/** The variables of a test, the suite's or one's own. */
export function variablesOf(test: string): Readonly<Record<string, Variable<unknown>>> {
  return definitionOf(test)?.variables ?? VARIABLES[test as RunnableTest];
}

/** The tests that can be run. */
export type RunnableTest = keyof typeof VARIABLES;
