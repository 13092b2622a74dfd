import type { FastifyInstance } from "fastify";
import type { Chain } from "./blocks.ts";
import { SOCKET_PATH } from "./sockets.ts";
import { timestamp } from "./time.ts";

/** Counters of a gateway since its start. */
export interface Counts {
  /** Events read from the stream. */
  readonly received: number;
  /** Messages of the stream that were not events. */
  readonly malformed: number;
  /** Event frames sent to subscribers. */
  readonly delivered: number;
  /** Clients that were disconnected because they read too slowly. */
  readonly slow: number;
  /** Connected clients. */
  readonly clients: number;
  /** Current subscriptions. */
  readonly subscriptions: number;
  /** Reports events as they are read. */
  readonly reading: boolean;
}

/** The gateway's state for HTTP. */
export interface GatewayView {
  readonly chains: ReadonlyMap<string, Chain>;
  /** Manifests can be requested. */
  readonly manifests: boolean;
  /** `/health` reports that all is well. */
  healthy(): boolean;
  /** Why the gateway cannot work; null when it can. */
  trouble(): string | null;
  /** Why events do not flow and since when (Unix ms); null while they do. */
  halt(): { readonly reason: string; readonly since: number } | null;
  counts(): Counts;
}

/** Manifests in a chain's list. */
const LISTED = 20;

/** Adds the HTTP endpoints of the contract to a server. */
export function addRoutes(server: FastifyInstance, gateway: GatewayView): void {
  addProbes(server, gateway);
  addCorrectness(server, gateway);
  addManifests(server, gateway);
  server.get(SOCKET_PATH, (_, reply) =>
    reply.code(426).header("upgrade", "websocket").send({ error: "this is a WebSocket endpoint" }),
  );
  server.setNotFoundHandler((_, reply) => reply.code(404).send({ error: "not found" }));
}

function addProbes(server: FastifyInstance, gateway: GatewayView): void {
  // Liveness stays 200, so that no supervisor restarts it; the body says that it does not work.
  server.get("/health", async () => ({ status: gateway.healthy() ? "healthy" : "degraded", timestamp: timestamp() }));
  server.get("/ready", (_, reply) => {
    const reason = gateway.trouble();
    if (reason === null) return reply.send({ ready: true, timestamp: timestamp() });
    return reply.code(503).send({ ready: false, reason, timestamp: timestamp() });
  });
}

function addCorrectness(server: FastifyInstance, { chains, halt, counts }: GatewayView): void {
  const path = (name: string) => `/api/v1/correctness/${name}`;

  server.get(path("status"), async () => ({
    timestamp: timestamp(),
    watermark: { available: true },
    gap_detector: { available: true },
    counts: counts(),
  }));
  server.get<{ Querystring: { chain?: string } }>(path("watermark"), (request, reply) => {
    const { chain: name } = request.query;
    if (name === undefined) {
      return reply.send({ timestamp: timestamp(), watermarks: [...chains.values()].map((chain) => chain.watermark()) });
    }
    const chain = chains.get(name);
    if (chain === undefined) return reply.code(400).send({ error: "invalid chain" });
    return reply.send({ timestamp: timestamp(), watermarks: [chain.watermark()] });
  });
  server.get(path("halts"), async () => {
    const halted = halt();
    const conditions = halted === null ? [] : [{ reason: halted.reason, since: timestamp(halted.since) }];
    return { timestamp: timestamp(), halted: halted !== null, conditions };
  });
  server.get(path("gaps"), async () => ({
    timestamp: timestamp(),
    gaps: [...chains.values()].flatMap((chain) => chain.gaps()),
  }));
}

function addManifests(server: FastifyInstance, { chains, manifests }: GatewayView): void {
  server.register(
    async (scope) => {
      if (!manifests) {
        scope.addHook("onRequest", (_, reply) => reply.code(503).send({ error: "no manifest repository" }));
      }
      scope.get<{ Params: { chain: string } }>("/:chain", (request, reply) => {
        const chain = chains.get(request.params.chain);
        if (chain === undefined) return reply.code(400).send({ error: "invalid chain" });
        const recent = chain.recent(LISTED);
        return reply.send({ chain: chain.name, count: recent.length, manifests: recent });
      });
      scope.get<{ Params: { chain: string; block: string } }>("/:chain/:block", (request, reply) => {
        const { chain: name, block } = request.params;
        const chain = chains.get(name);
        if (chain === undefined) return reply.code(400).send({ error: "invalid chain" });
        if (!/^\d{1,15}$/.test(block)) return reply.code(400).send({ error: "invalid block" });
        const manifest = chain.manifest(Number(block));
        if (manifest === undefined) return reply.code(404).send({ error: "unknown block" });
        return reply.send(manifest);
      });
    },
    { prefix: "/api/v1/manifests" },
  );
}
