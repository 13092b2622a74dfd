/** What the tests of the gateway may be told: a row for each variable. */
import {
  address,
  duration,
  filePath,
  flag,
  integer,
  openingRate,
  positive,
  secret,
  share,
  variable,
  word,
} from "../../core/variable.ts";
import {
  accounted,
  canaries,
  common,
  MAX_SEQ,
  publishing,
  receiver,
  scenario,
  visitors,
} from "../../core/variables.ts";
import { SOCKET_WAYS_IN, waysIn } from "../access.ts";
import { fieldTypeChoices, readFieldTypes } from "./fieldtypes.ts";
import { FILTER_CLASSES, FILTER_FIELDS, type FilterField, readFilterClasses } from "./filters.ts";
import * as profiles from "./profiles.ts";
import { CHAIN_NUMBERS, STREAM, SUBJECT } from "./wire.ts";

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

const filterFields = variable(`names out of ${FILTER_FIELDS.join(", ")}, with commas`, (text) => {
  const fields = text.split(",").map((field) => field.trim()) as FilterField[];
  return fields.every((field) => FILTER_FIELDS.includes(field)) ? fields : undefined;
});

/** What the subjects of a stream's messages start with. */
const subjectPrefix = variable("names with dots, without spaces and wildcards", (text) =>
  /^[^\s.*>]+(?:\.[^\s.*>]+)*$/.test(text) ? text : undefined,
);

const RETENTIONS = ["limits", "interest", "workqueue"] as const;

const fieldTypes = variable(`pairs with commas, out of ${fieldTypeChoices()}`, readFieldTypes);

const subscribed = {
  ...accounted,
  CHAINS: chains("chains that the events are spread over", "ethereum,solana"),
};

/** Of the visitors of its endpoints. */
export const http = {
  SCENARIO: scenario(profiles.http),
  ...common,
  ...visitors,
  HTTP_URL: address("http", "https")("the gateway", "http://localhost:8080"),
  ...waysIn("HTTP"),
  RATE: positive("visits per second, each of which asks every endpoint once: an open model, instead of virtual users"),
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
};

/** Of its subscribers. */
export const websocket = {
  SCENARIO: scenario(profiles.websocket),
  ...common,
  ...visitors,
  ...subscribed,
  WS_URL: address("ws", "wss")("the gateway's socket", "ws://localhost:8080/ws"),
  ...waysIn("WS"),
  ...SOCKET_WAYS_IN,
  SOCKETS: integer(1, 5_000)("connections that each virtual user holds", "1"),
  OPENING_RATE: openingRate(
    "connections that each k6 process opens per second where the load begins with all of them; max is a thundering herd",
    "500",
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
    "share of the sessions of the churn profile that leave without a word; dist/sockets.js needs bin/k6 for that, and dist/websocket.js sends a closing frame",
    "0.5",
  ),
  RESUBSCRIBE_SHARE: share(
    "share of the sessions of the churn profile that unsubscribe and subscribe again on the same connection",
    "0.25",
  ),
  SLOW_READERS: share(
    "share of the clients that read slowly, whose deliveries nobody judges; only with dist/sockets.js and bin/k6",
    "0",
  ),
  SLOW_READ_RATE: positive("kB that a client of SLOW_READERS reads in a second", "50"),
  CONNECT_TIMEOUT: duration("how long the gateway may take for its connected and subscribed frames", "10s"),
  PING_EVERY: duration("pause between the pings of a connection", "5s"),
  END_WHEN_SETTLED: flag("1 ends the sessions when the receiver has settled the run", "0"),
};

/** Of the publisher before it. */
export const nats = {
  SCENARIO: scenario(profiles.nats),
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
};
