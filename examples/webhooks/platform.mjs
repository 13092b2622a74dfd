/**
 * A billing platform: takes events over HTTP, queues them in Redis, and tells its customers of them by webhooks that are
 * signed as https://www.standardwebhooks.com has it. A customer that does not answer with 2xx is told again.
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Queue, Worker } from "bullmq";
import { Webhook } from "standardwebhooks";

const { PORT = "3000", REDIS_PORT = "6379", WEBHOOK_SECRET, CUSTOMERS = "http://127.0.0.1:4800/hooks" } = process.env;
const connection = { host: "127.0.0.1", port: Number(REDIS_PORT) };
const webhook = new Webhook(WEBHOOK_SECRET);
const queue = new Queue("webhooks", { connection });
const again = { attempts: 5, backoff: { type: "exponential", delay: 200 }, removeOnComplete: true };

/** Who is told of what. */
const subscriptions = {
  billing: ["invoice.created"],
  fulfilment: ["order.created"],
  audit: ["invoice.created", "order.created"],
};

new Worker(
  "webhooks",
  async ({ data: { to, event } }) => {
    const [id, body, at] = [`msg_${randomUUID()}`, JSON.stringify(event), new Date()];
    const { status } = await fetch(`${CUSTOMERS}/${to}`, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
        "webhook-signature": webhook.sign(id, at, body),
      },
    });
    if (status >= 300) throw new Error(`${to} answered ${status}`);
  },
  { connection, concurrency: 10 },
);

async function take(request) {
  const { pathname } = new URL(request.url, "http://platform");
  if (pathname === "/health") return [200, { status: "ok", queue: (await queue.getJobCounts("wait")).wait }];
  if (pathname !== "/v1/events") return [404, { error: "unknown path" }];
  const event = JSON.parse((await request.toArray()).join("") || "{}");
  const customers = Object.keys(subscriptions).filter((name) => subscriptions[name].includes(event.type));
  if (customers.length === 0) return [400, { error: "type: allowed: invoice.created, order.created" }];
  await queue.addBulk(customers.map((to) => ({ name: "webhook", data: { to, event }, opts: again })));
  return [202, { queued: customers.length }];
}

createServer(async (request, response) => {
  const [status, answer] = await take(request).catch((problem) => [500, { error: problem.message }]);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
}).listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
