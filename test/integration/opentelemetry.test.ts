/** k6's own OpenTelemetry output, as docs/opentelemetry.md sets it, against a strict receiver of OTLP over HTTP. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { gatewayWith, useNats } from "./gateway.ts";
import { runBundle } from "./k6.ts";

useNats();

const TOKEN = "t0ken-of-nobody";

/** The fields of a protobuf message by their numbers: those that hold bytes, which messages and texts do. */
function fieldsOf(bytes: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let place = 0;
  const varint = () => {
    for (let value = 0, shift = 1; ; shift *= 128) {
      const byte = bytes.readUInt8(place++);
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (place < bytes.length) {
    const key = varint();
    const [number, type] = [Math.floor(key / 8), key % 8];
    if (type === 0) varint();
    else if (type === 1) place += 8;
    else if (type === 5) place += 4;
    else if (type === 2) {
      const length = varint();
      if (place + length > bytes.length) throw new Error("a field ends behind its message");
      fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(place, place + length)]);
      place += length;
    } else throw new Error(`wire type ${type} is none of protobuf 3`);
  }
  return fields;
}

const below = (messages: readonly Buffer[], number: number) =>
  messages.flatMap((message) => fieldsOf(message).get(number) ?? []);

/** The names in an ExportMetricsServiceRequest: resource_metrics, scope_metrics, metrics, name. */
function namesIn(body: Buffer): string[] {
  return below(below(below(below([body], 1), 2), 2), 1).map(String);
}

test("takes the metrics of a test by their names, with a token", async () => {
  const names = new Set<string>();
  const problems: string[] = [];
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        const { method, url, headers } = request;
        const asked = `${method} ${url} ${headers["content-type"]} ${headers.authorization}`;
        const isRight = asked === `POST /v1/metrics application/x-protobuf Bearer ${TOKEN}`;
        if (!isRight) problems.push(asked);
        else for (const name of namesIn(Buffer.concat(chunks))) names.add(name);
        reply.writeHead(isRight ? 200 : 400, { "Content-Type": "application/x-protobuf" }).end();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { url } = await gatewayWith();
  const { log } = await runBundle("http", { HTTP_URL: url, VUS: "1", DURATION: "3s" }, "k6", {
    K6_OUT: "opentelemetry",
    K6_OTEL_EXPORTER_PROTOCOL: "http/protobuf",
    K6_OTEL_HTTP_EXPORTER_INSECURE: "true",
    K6_OTEL_HTTP_EXPORTER_ENDPOINT: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    K6_OTEL_HEADERS: `Authorization=Bearer ${TOKEN}`,
    K6_OTEL_METRIC_PREFIX: "k6_",
    K6_OTEL_EXPORT_INTERVAL: "1s",
  });
  expect(problems).toEqual([]);
  expect([...names], log).toEqual(expect.arrayContaining(["k6_http_health_latency_ms", "k6_http_reqs", "k6_vus"]));
  expect(log).not.toContain(TOKEN);
});
