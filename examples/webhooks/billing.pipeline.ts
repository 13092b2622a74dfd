import http from "k6/http";
import { Webhook } from "standardwebhooks";
import { definePipeline, httpAnswer } from "throughline";

export default definePipeline({
  name: "billing-webhooks",
  variables: {
    PLATFORM_URL: "http://127.0.0.1:3000",
    WEBHOOK_SECRET: { meaning: "what webhooks are signed with", secret: true },
  },
  events: {
    attributes: { subject: ["invoice", "order"] },
    write: ({ id, subject, random }) => ({ type: `${subject}.created`, data: { ref: id, amount: random % 10_000 } }),
  },
  publish({ PLATFORM_URL }) {
    const headers = { "Content-Type": "application/json" };
    const url = `${PLATFORM_URL}/v1/events`;
    return async (event) => httpAnswer(await http.asyncRequest("POST", url, JSON.stringify(event), { headers }));
  },
  observe: {
    kind: "request",
    paths: { billing: { subject: "invoice" }, fulfilment: { subject: "order" }, audit: {} },
    receive({ path, headers, body }, { WEBHOOK_SECRET }) {
      try {
        new Webhook(WEBHOOK_SECRET).verify(body, headers);
      } catch {
        return "wrong signature";
      }
      return { path, text: body };
    },
  },
  damage: (text, _, sent) => (text === JSON.stringify(sent) ? null : `it is ${text.slice(0, 60)}`),
  nextSteps: { account_lost: "look for failed jobs of the queue webhooks" },
});
