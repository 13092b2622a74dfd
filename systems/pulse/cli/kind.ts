/** The gateway's pipeline as `throughline run` and `doctor` know it. */

import { flagsOf, type PipelineKind, startDependent, type VariablesByTest } from "../../../cli/kind.ts";
import { secondsOf } from "../../../core/plan.ts";
import { peakOf } from "../../../core/shape.ts";
import { settings } from "../../../k6/support/settings.ts";
import { countAmong } from "../churn.ts";
import { PULSE_FAULTS } from "../target/faults.ts";
import { endpointsCheck } from "./httpdoor.ts";
import { streamCheck } from "./natsdoor.ts";
import { handshakeCheck } from "./socketdoor.ts";
import { startPipeline } from "./start.ts";
import { createStream, untilNotReading } from "./stream.ts";

export const kind: PipelineKind = {
  name: "pipeline",
  meaning: "events are published to NATS JetStream and come out of a gateway at WebSocket subscribers",
  groups: [["websocket", "nats"], ["http"]],
  settled: { websocket: ["nats"], nats: ["websocket"] },
  urls: { http: "HTTP_URL", ws: "WS_URL", nats: "NATS_URL" },
  receiver: 0,
  canary: true,
  doors: {
    http: { url: "http", check: endpointsCheck },
    websocket: { url: "ws", check: handshakeCheck },
    nats: { url: "nats", check: streamCheck },
  },
  gently: { websocket: { VUS: "1" }, nats: { CANARIES: "20" } },
  extensions: { nats: ["k6/x/nats"] },
  services: ["websocket", "http"],
  faults: PULSE_FAULTS,
  variables: {
    reference: { nats: { CREATE_STREAM: "1" } },
    // That gateway has no repository of manifests.
    real: { http: { MANIFESTS: "0" } },
    always: { websocket: { END_WHEN_SETTLED: "1", PING_EVERY: "1s" } },
  },
  demo: {
    // On a machine with one of two cores taken, 500 events a second left the subscribers 290 ms behind.
    nats: { DURATION: "11s", RATE: "100" },
    http: { DURATION: "7s", THINK_TIME: "60ms" },
  },
  fit: fitSubscribers,
  quicker: { websocket: { bundle: "sockets", extension: "k6/x/sockets" } },
  start: async (place) =>
    startDependent(await startPipeline(place.root, place.logs, flagsOf(place)), async (base) => {
      const { nats, gateway, receiver, problems } = base;
      await createStream(nats.url, gateway.url, place.manner);
      if (place.variables?.["DEPENDENCY_AWAY"] === "1") {
        await base.stopNats();
        await untilNotReading(gateway.url);
      }
      return {
        says: `NATS JetStream ${nats.url}, gateway ${gateway.url}, receiver ${receiver.url}`,
        variables: {
          HTTP_URL: gateway.url,
          WS_URL: gateway.wsUrl as string,
          NATS_URL: nats.url,
          READY_URL: `${gateway.url}/ready`,
          RECEIVER_URL: receiver.url,
        },
        processes: [
          { process: "nats-server", role: "target", pid: nats.pid },
          { process: "gateway", role: "target", pid: gateway.pid },
          { process: "receiver", role: "receiver", pid: receiver.pid },
        ],
        problems,
      };
    }),
};

/** Time around the load: a canary's way, the drain, and start-up. */
const ROUND_ABOUT_SECONDS = 30;

/**
 * Subscribers listen as long as anything can arrive: they end when the run is settled. Clients that come and go follow
 * their profile for the length of the load. The load waits for all that stay.
 */
function fitSubscribers(given: VariablesByTest): VariablesByTest {
  const { websocket, nats, http } = given;
  if (http?.["DEPENDENCY_AWAY"] === "1" && nats !== undefined) {
    throw new RangeError(
      "DEPENDENCY_AWAY=1: nothing can be published to a broker that is away; allowed: with http alone",
    );
  }
  if (websocket === undefined || nats === undefined) return given;
  const { load, CANARY_TIMEOUT, DRAIN_TIMEOUT, LINGER = 0 } = settings("nats", nats);
  const seconds = secondsOf(load);
  const { load: listening, SOCKETS, SLOW_READERS } = settings("websocket", websocket);
  const stays = listening.kind === "visitors" && listening.staying && listening.shape.length === 1;
  const length = seconds + (stays ? CANARY_TIMEOUT + DRAIN_TIMEOUT + LINGER : 0) + ROUND_ABOUT_SECONDS;
  const clients = listening.kind === "visitors" ? Math.round(peakOf(listening.shape)) : 0;
  // Slow readers are no part of a run.
  const subscriptions = (clients - countAmong(clients, SLOW_READERS)) * SOCKETS;
  return {
    ...given,
    websocket: { DURATION: `${Math.ceil(length)}s`, ...websocket },
    nats: {
      ...(stays ? { SUBSCRIPTIONS: String(subscriptions) } : {}),
      ...readyAt(http?.["HTTP_URL"] ?? websocket["WS_URL"]),
      ...nats,
    },
  };
}

/** The gateway's `/ready` is expected beside its other paths. */
function readyAt(url: string | undefined): Record<string, string> {
  if (url === undefined || !URL.canParse(url)) return {};
  const { protocol, host, pathname } = new URL(url);
  const path = protocol.startsWith("ws") ? pathname.replace(/[^/]*$/, "") : pathname.replace(/\/*$/, "/");
  return { READY_URL: `${/^(wss|https):$/.test(protocol) ? "https" : "http"}://${host}${path}ready` };
}
