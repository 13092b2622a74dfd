import { defineEndpoints } from "throughline";

const json = { "Content-Type": "application/json" };

export default defineEndpoints({
  name: "api",
  variables: { PLATFORM_URL: "http://127.0.0.1:3000" },
  address: ({ PLATFORM_URL }) => PLATFORM_URL,
  endpoints: [
    { name: "health", path: "/health", fields: { status: "ok" }, objective: ["p(95) < 250", "max < 2000"] },
    { name: "unknown path", path: "/v1/nothing", status: 404, fields: { error: "unknown path" } },
    {
      name: "unknown type",
      method: "POST",
      path: "/v1/events",
      headers: json,
      body: { type: "refund.created" },
      status: 400,
      fields: { error: /^type: allowed: / },
      objective: "p(95) < 250",
    },
  ],
});
