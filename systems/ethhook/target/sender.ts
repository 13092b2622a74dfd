import { createHmac } from "node:crypto";
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { gzipSync } from "node:zlib";
import type { RegisteredEndpoint } from "./registry.ts";

/** One attempt at a delivery. */
export interface Attempt {
  readonly endpoint: RegisteredEndpoint;
  readonly body: string;
  /** From 1. */
  readonly number: number;
  /** Signs with another secret: a planted fault. */
  readonly wronglySigned: boolean;
  /** Ms between the headers and the end of the body: a planted fault. */
  readonly lateBy?: number | undefined;
  /** Compresses the body without saying so: a planted fault. */
  readonly compressed?: boolean;
}

/** Sends webhooks over persistent connections. */
export class Sender {
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  constructor(connections: number) {
    const options = { keepAlive: true, maxSockets: connections };
    this.http = new HttpAgent(options);
    this.https = new HttpsAgent(options);
  }

  /** Makes an attempt. @returns the status; null without an answer in time, or without a connection. */
  send({ endpoint, body: text, number, wronglySigned, lateBy, compressed }: Attempt): Promise<number | null> {
    const body = compressed === true ? gzipSync(text) : Buffer.from(text);
    const secret = wronglySigned ? `not ${endpoint.hmac_secret}` : endpoint.hmac_secret;
    const options = {
      method: "POST",
      timeout: endpoint.timeout_seconds * 1000,
      headers: {
        "Content-Type": "application/json",
        "Content-Length": body.length,
        "X-Webhook-Signature": createHmac("sha256", secret).update(body).digest("hex"),
        "X-Webhook-Id": endpoint.id,
        "X-Webhook-Attempt": String(number),
      },
    };
    return new Promise((resolve) => {
      const request = this.request(endpoint.webhook_url, options);
      if (request === null) return resolve(null);
      request
        .on("response", (response) => {
          response.resume().on("end", () => resolve(response.statusCode ?? null));
          response.on("error", () => resolve(null));
        })
        .on("timeout", () => request.destroy())
        .on("error", () => resolve(null))
        // After "response" this is not new; without one the connection ended before an answer.
        .on("close", () => resolve(null));
      if (lateBy === undefined) {
        request.end(body);
        return;
      }
      request.write(body.subarray(0, 1));
      setTimeout(() => request.end(body.subarray(1)), lateBy);
    });
  }

  /** Begins a request; null when the database has an invalid URL. */
  private request(url: string, options: RequestOptions): ClientRequest | null {
    try {
      return url.startsWith("https:")
        ? httpsRequest(url, { ...options, agent: this.https })
        : httpRequest(url, { ...options, agent: this.http });
    } catch {
      return null;
    }
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }
}
