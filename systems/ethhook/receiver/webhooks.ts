import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as v from "valibot";
import { MisbehaviourSchema } from "../../../receiver/misbehaviour.ts";
import { BODY_LIMIT, headersOf, responder } from "./direct.ts";
import { take, type WebhookOptions } from "./intake.ts";

/** With the moments at which its headers were accepted and the last byte of its body was read, in Unix ms. */
type WebhookRequest = FastifyRequest<{ Params: { name?: string } }> & { headersAt: number; arrivedAt: number };

/** The routes that webhooks are sent to, and those that script how they are answered. */
export async function webhookRoutes(app: FastifyInstance, options: WebhookOptions): Promise<void> {
  const { misbehaviour } = options;
  app.get("/misbehaviour", () => misbehaviour.settings);
  app.put("/misbehaviour", (request, reply) => {
    const settings = v.safeParse(MisbehaviourSchema, request.body);
    if (!settings.success) return reply.code(422).send({ error: v.summarize(settings.issues) });
    misbehaviour.settings = settings.output;
    return settings.output;
  });
  await app.register(deliveryRoutes, options);
}

/** Takes those that {@link directly} leaves. */
async function deliveryRoutes(app: FastifyInstance, options: WebhookOptions): Promise<void> {
  const { traffic, now } = options;
  app.decorateRequest("headersAt", 0);
  app.decorateRequest("arrivedAt", 0);
  app.addHook("onRequest", (request, _, done) => {
    const webhook = request as WebhookRequest;
    webhook.headersAt = now();
    webhook.arrivedAt = webhook.headersAt;
    traffic.arrived(webhook.headersAt);
    done();
  });
  // The signature is over the bytes, so that the body is left as it came, whatever its type is said to be.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: BODY_LIMIT }, (request, body, done) => {
    (request as WebhookRequest).arrivedAt = now();
    done(null, body);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const { statusCode = 500, message } = error;
    traffic.refused(statusCode === 413 ? "too large" : "bad body");
    return reply.code(statusCode).send({ error: message });
  });
  const respond = responder(options.answer);
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { headersAt, arrivedAt, params, body } = request as WebhookRequest;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const headers = headersOf(request.headers);
    const outcome = await take(options, { name: params.name, headers, body: bytes, headersAt, arrivedAt });
    reply.hijack();
    respond(reply.raw, outcome);
    return reply;
  };
  app.post("/webhook", handler);
  app.post("/webhook/:name", handler);
}
