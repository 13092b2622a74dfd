/** EthHook's far end: events come back as webhooks, to one of several endpoints. */
import type { FastifyInstance } from "fastify";
import { HopsReportSchema } from "../../../core/hopsreport.ts";
import type { FarEndKind } from "../../../receiver/kind.ts";
import { Misbehaviour } from "../../../receiver/misbehaviour.ts";
import { found, RUN, type RunRequest, read } from "../../../receiver/reading.ts";
import type { Runs } from "../../../receiver/runs.ts";
import { Signatures } from "../../../receiver/signatures/signature.ts";
import { type Webhooks, WebhooksSchema } from "../opening.ts";
import { directly } from "./direct.ts";
import { Endpoints } from "./endpoints.ts";
import { addWebhookFlags, readWebhookFlags, type WebhookOptions } from "./flags.ts";
import { HandoverSchema, Handovers } from "./handover.ts";
import { type WebhookOptions as IntakeOptions, RECEIVED } from "./intake.ts";
import { Relay } from "./relay.ts";
import { RunsSink } from "./sink.ts";
import { webhookRoutes } from "./webhooks.ts";

export const webhooks: FarEndKind<WebhookOptions, Webhooks> = {
  opening: WebhooksSchema,
  workload: ({ endpoints, unmatchedShare, variants }) => ({
    ENDPOINTS: endpoints,
    UNMATCHED_SHARE: unmatchedShare,
    "log entries": variants,
  }),
  addFlags: addWebhookFlags,
  readFlags: readWebhookFlags,
  open(options = {}, { runs, traffic, now }) {
    const { secret, signature, answer = RECEIVED, settleAt } = options;
    const misbehaviour = new Misbehaviour();
    if (options.misbehaviour !== undefined) misbehaviour.settings = options.misbehaviour;
    const relay = settleAt === undefined ? null : new Relay(settleAt, now);
    const signatures = secret === undefined ? null : new Signatures({ ...signature, secret });
    const sink = new RunsSink(runs);
    const intake: IntakeOptions = { signatures, answer, sink: relay ?? sink, traffic, misbehaviour, now };
    return {
      direct: directly(intake),
      observe: (part, { seed }, observed) => new Endpoints(seed, part, observed),
      async routes(app) {
        addHopsRoute(app, runs);
        addRelayedRoute(app, new Handovers(sink));
        await app.register(webhookRoutes, intake);
      },
      // Requests that wait for the handover are answered before their connections are closed: what became of them is
      // known within one turn, and those that are answered together are so in the next.
      async drain() {
        await relay?.close();
        await new Promise(setImmediate);
        await new Promise(setImmediate);
      },
    };
  },
};

/** Accepts readings of the stream and the queues before the receiver. */
function addHopsRoute(app: FastifyInstance, runs: Runs): void {
  app.post(`${RUN}/hops`, (request: RunRequest, reply) => {
    const run = found(runs, request, reply);
    const report = run && read(HopsReportSchema, request, reply);
    if (run === undefined || report === undefined) return reply;
    run.observer(Endpoints)?.read(report);
    return run.account();
  });
}

/** Accepts webhooks from another receiver. */
function addRelayedRoute(app: FastifyInstance, handovers: Handovers): void {
  app.post("/relayed", (request, reply) => {
    const handover = read(HandoverSchema, request, reply);
    if (handover === undefined) return reply;
    handovers.enter(handover);
    return { status: "received" };
  });
}
