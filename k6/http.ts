/** HTTP endpoints: visitors ask a gateway for its health, its correctness and its manifests. */
import { check } from "k6";
import exec from "k6/execution";
import { secondsOf } from "../core/plan.ts";
import { describeQuotes, type Quote, quotesIn } from "../core/quotes.ts";
import { withoutCredentials } from "../core/redaction.ts";
import type { K6Data } from "../core/summary.ts";
import { claimsHealth, firstBlock } from "../systems/pulse/answers.ts";
import { BLOCK, type Endpoint, endpointsOf, LIST, type Topic } from "../systems/pulse/k6/endpoints.ts";
import { type Answer, Gateway } from "../systems/pulse/k6/gateway.ts";
import { Access } from "./support/access.ts";
import { now } from "./support/clock.ts";
import { guarded } from "./support/guard.ts";
import { enterHealth, requireHealth, type WatchStart } from "./support/health.ts";
import { isShortage } from "./support/host.ts";
import { lead } from "./support/lead.ts";
import { countBounds, declareCounters, measures } from "./support/metrics.ts";
import type { Tick } from "./support/publishing.ts";
import { quote } from "./support/quotes.ts";
import type { Run } from "./support/run.ts";
import { countStatus } from "./support/statuses.ts";
import { settingsOf } from "./support/told.ts";
import { arrive, think } from "./support/visitor.ts";

const config = settingsOf("http");
countBounds(config);
const metrics = measures("everywhere", "http", "gateway", "health");
const access = new Access(config, "HTTP");
const endpoints = endpointsOf(config);

export const options = {
  ...lead?.optionsOf(config, config.load.kind === "paced" ? "scheduledVisit" : "visit", besideLoad()),
  ...access.options,
};

interface GatewayStart extends WatchStart {
  /** The smallest age of an answer, in ms: how far the gateway's clock is behind ours. */
  readonly leastAge: number | null;
}

export function setup(): GatewayStart {
  declareCounters();
  const watched = requireHealth(config);
  const gateway = new Gateway(config, access, null);
  const [health] = endpoints as [Endpoint];
  const { status, problem } = gateway.ask(health, topicOf(0), "readiness");
  if (status === 0) exec.test.abort(withoutCredentials(`HTTP_URL=${config.HTTP_URL}: the gateway ${problem}`));
  // Health is often open to all where the rest is not.
  for (const each of endpoints) {
    const answer = gateway.ask(each, topicOf(0), "readiness");
    access.requireAdmission(answer, `GET ${config.HTTP_URL}${each.path(topicOf(0))}`);
  }
  return { ...watched, leastAge: gateway.leastAge };
}

let gateway: Gateway | null = null;

/** One round: every endpoint is asked, one after the other. */
function askAll({ leastAge }: GatewayStart): void {
  gateway ??= new Gateway(config, access, leastAge);
  let topic = topicOf(exec.scenario.iterationInTest);
  for (const endpoint of endpoints) {
    const answer = gateway.ask(endpoint, topic);
    enter(endpoint, answer, topic);
    topic = listedIn(answer, endpoint, topic);
  }
}

/** The same, while other visits of this virtual user are under way. */
async function askAllAside({ leastAge }: GatewayStart, visit: number): Promise<void> {
  gateway ??= new Gateway(config, access, leastAge);
  let topic = topicOf(visit);
  for (const endpoint of endpoints) {
    const answer = await gateway.askAside(endpoint, topic, endpoint.name);
    enter(endpoint, answer, topic);
    topic = listedIn(answer, endpoint, topic);
  }
}

/** Once blocks are listed, one of them is asked for. */
function listedIn(answer: Answer, { name }: Endpoint, topic: Topic): Topic {
  const block = name === LIST && answer.status === 200 ? firstBlock(answer.text) : null;
  return block === null ? topic : { ...topic, block, listed: true };
}

export const visit = guarded(metrics.script_errors, (met: GatewayStart) => {
  if (gateway === null) arrive(config.load);
  askAll(met);
  think(config.THINK_TIME, metrics.generator_lateness_ms);
});

/** A visit that comes when it is due, whatever became of those before it. */
export const scheduledVisit = guarded(metrics.script_errors, async (met: GatewayStart) => {
  await keepingSchedule?.(met);
});

const keepingSchedule = config.load.kind === "paced" ? visitsOnSchedule(await import("./support/publishing.ts")) : null;

export const watch = guarded(metrics.script_errors, async (met: GatewayStart) => {
  const { watchOutages } = await import("../systems/pulse/k6/outages.ts");
  const until = now() + secondsOf(config.load) * 1000;
  return watchOutages(new Gateway(config, access, met.leastAge), endpoints, topicOf(0), metrics, until);
});

export function teardown(met: GatewayStart): void {
  enterHealth(config, metrics, met);
}

export const handleSummary = lead?.summaryOf(config, notesOf, evidenceOf);

/** Visits are events of a schedule: what is measured of a publisher is measured of them. */
function visitsOnSchedule({
  publishing,
}: typeof import("./support/publishing.ts")): (met: GatewayStart) => Promise<void> {
  const schedule = measures("publishing");
  return (met) => {
    const alone = { ...config, RECEIVER_URL: undefined, SEED: 0, DRAIN_TIMEOUT: 0, DRAIN_QUIET: 0 };
    const send = async (_: Run, { firstSeq }: Tick) => {
      const sentFrom = now();
      await askAllAside(met, firstSeq);
      return { sentFrom, refused: [], unknown: [], unsent: [], deduplicated: 0, latencies: [] };
    };
    return publishing(alone, schedule, send)({ id: "", number: null, instance: "", clock: null });
  };
}

function topicOf(visit: number): Topic {
  const chain = config.CHAINS[visit % config.CHAINS.length] as string;
  return { chain, block: 18_000_000 + (visit % 1_000), listed: false };
}

function enter(endpoint: Endpoint, answer: Answer, topic: Topic): void {
  const { status, redirectedTo } = answer;
  // Nothing that the target did, so that no error rate and no check is told of it.
  if (isShortage(metrics, answer.error)) return;
  countStatus(metrics, status);
  if (redirectedTo !== null) quote("redirect of", `${endpoint.name} to ${redirectedTo.split("?")[0]}`);
  if (config.DEPENDENCY_AWAY) enterClaim(endpoint, answer);
  else enterAnswer(endpoint, answer, topic);
}

function enterAnswer({ name, latency }: Endpoint, { status, took, problem }: Answer, { block, listed }: Topic): void {
  if (name === BLOCK && config.MANIFESTS) metrics.http_manifests_found.add(status === 200 ? 1 : 0);
  const sound = check(problem, { [`${name} keeps its contract`]: () => problem === null });
  metrics.http_error_rate.add(!sound);
  // A quick refusal must not improve a latency.
  if (sound) metrics[latency].add(took);
  if (problem !== null) quote(name, listed ? problem.replace(String(block), "(block)") : problem);
}

/** Something that the gateway cannot work without is away: `/ready` and `/health` have to say so. */
function enterClaim({ name, latency }: Endpoint, { status, text, took }: Answer): void {
  metrics.http_error_rate.add(status === 0);
  if (status !== 0) metrics[latency].add(took);
  const claims = claimsHealth(status, text);
  (name === "/ready" ? metrics.http_ready_claims : metrics.http_health_claims).add(claims ? 1 : 0);
  if (claims) quote(name, `answers ${status}: ${text}`);
}

function besideLoad(): Readonly<Record<string, object>> {
  if (config.DEPENDENCY_AWAY) return {};
  const maxDuration = `${Math.ceil(secondsOf(config.load))}s`;
  const gracefulStop = `${config.HTTP_TIMEOUT + 5}s`;
  // One in each process of several.
  return {
    outages: {
      executor: "per-vu-iterations",
      exec: "watch",
      vus: config.INSTANCES,
      iterations: 1,
      maxDuration,
      gracefulStop,
    },
  };
}

const BESIDE_ERRORS = ["outage of", "redirect of"];

function notesOf(data: K6Data): string[] {
  const redirects = describeQuotes(quotesIn(data.root_group).filter(({ about }) => about === "redirect of"));
  return redirects === null ? [] : [`redirect of ${redirects}: their time is in the latencies`];
}

/** What the gateway said, by the objective that it spoils. */
function evidenceOf(data: K6Data): Readonly<Record<string, string>> {
  const quotes = quotesIn(data.root_group);
  const errors = describeQuotes(quotes.filter(({ about }) => !BESIDE_ERRORS.includes(about)));
  if (config.DEPENDENCY_AWAY) return claimsIn(quotes);
  const outages = describeQuotes(quotes.filter(({ about }) => about === "outage of"));
  return {
    ...(errors === null ? {} : { http_error_rate: errors }),
    ...(outages === null ? {} : { http_outage_ms: outages }),
  };
}

function claimsIn(quotes: readonly Quote[]): Readonly<Record<string, string>> {
  const claims = { "/ready": "http_ready_claims", "/health": "http_health_claims" };
  const told = Object.entries(claims).map(([name, metric]) => {
    return [metric, describeQuotes(quotes.filter(({ about }) => about === name))] as const;
  });
  return Object.fromEntries(told.flatMap(([metric, said]) => (said === null ? [] : [[metric, said]])));
}
