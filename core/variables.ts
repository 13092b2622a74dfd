/** The variables of every test, and of every test of a kind. A test's own are in its system's room. */
import { MOST_EVENTS } from "./plan.ts";
import { namesOf, type Profiles } from "./profiles.ts";
import { address, addresses, duration, filePath, flag, integer, positive, rate, variable, word } from "./variable.ts";

/** A receiver's address, which is not a target. */
const { allowed: webAddress, parse: readWebAddress } = address("http", "https")("");
export const receiver = variable(webAddress, readWebAddress);
export const receiverOrNone = variable(`${webAddress}, or none`, (text) =>
  text === "none" ? null : readWebAddress(text),
);

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

export const MAX_SEQ = 2 ** 32 - 1;

/** The variable that selects the profile. */
export function scenario(profiles: Profiles, meaning = "how the load moves over time") {
  const allowed = namesOf(profiles);
  return variable(allowed.join(", "), (text) => (allowed.includes(text) ? text : undefined))(meaning, "smoke");
}

/** Variables of every test. */
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
  SUMMARY: filePath(
    "where to write the summary as JSON; its folder must exist. k6 writes it when its exit code stands: on a full disk it is a line of the log, and only throughline run ends with 3",
  ),
  ALLOW_REMOTE: flag("1 allows a higher peak than smoke's on a target that is not on this machine", "0"),
  CLOUD_PROJECT: integer(1, 2 ** 53 - 1)("number of the k6 Cloud project that a cloud run belongs to"),
  CLOUD_ZONES: zones("where k6 Cloud makes the load, instead of its own choice"),
};

/** Variables of tests whose clients are virtual users. */
export const visitors = {
  VUS: integer(1, 100_000)("highest number of virtual users, instead of the profile's"),
};

/** Variables of tests that a receiver settles. */
export const accounted = {
  SEED: integer(0, MAX_SEQ)("chooses the stream of events; publishers and subscribers need the same", "1"),
  RECEIVER_URL: receiverOrNone("the receiver that settles the run; none, or none at all, and nothing is joined"),
  DRAIN_TIMEOUT: duration("how long to wait after the load for what is still on its way", "60s"),
  DRAIN_QUIET: duration("give up waiting when nothing has arrived for so long", "5s"),
  LINGER: duration(
    "go on listening for so long after everything has arrived: what the pipeline delivers again later is seen by nobody",
  ),
};

/** Variables of tests that publish. */
export const publishing = {
  RATE: rate("highest rate, instead of the profile's; max sends as fast as acknowledgements come"),
  EVENTS: integer(1, MOST_EVENTS)("exact number of events, instead of the profile's"),
  WORKERS: integer(1, 10_000)("publishers that may wait for acknowledgements at the same time"),
  BATCH: integer(1, 10_000)("events that one publisher sends together"),
  ACK_TIMEOUT: duration("how long to wait for an acknowledgement before its outcome is unknown", "5s"),
  CANARY_TIMEOUT: duration("how long a canary may take through the whole path before the run is given up", "30s"),
};

/** Variables of publishers whose canaries stay in a stream. */
export const canaries = integer(1, 100_000)(
  "the most canaries that are sent, after the first ones evenly over CANARY_TIMEOUT: each stays in the stream",
  "500",
);
