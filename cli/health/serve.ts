import * as v from "valibot";
import type { HealthAnswer } from "../../core/health.ts";
import type { Monitor } from "./monitor.ts";
import { reportOf } from "./report.ts";

const Seconds = v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/), v.transform(Number));
const Query = v.object({ last: v.optional(Seconds, "86400") });

/**
 * Serves the health over HTTP: `/health?last=60` for the objectives of tests, `/report` for people.
 *
 * @throws when the port cannot be opened.
 */
export async function serveHealth(monitors: readonly Monitor[], port: number) {
  const { default: fastify } = await import("fastify");
  const app = fastify({ forceCloseConnections: true });
  app.get("/health", (request, reply): HealthAnswer | unknown => {
    const query = v.safeParse(Query, request.query);
    if (!query.success) return reply.code(422).send({ error: "last: allowed is a number of seconds" });
    return { watched: monitors.map((monitor) => monitor.health(query.output.last)) };
  });
  app.get("/report", () => monitors.map(reportOf));
  const url = await app.listen({ host: "127.0.0.1", port });
  return { url, close: () => app.close() };
}
