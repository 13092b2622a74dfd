import { escape as escaping, InfluxDB } from "influx";
import type { Bucket, Database } from "./influxdb-address.ts";
import type { Point } from "./points.ts";

const TIMEOUT_MS = 2_000;
/** Longest quote of a server's response. */
const LONGEST_TEXT = 300;

/** Writes points. */
export interface Client {
  /** Creates the database. May reject without permission. */
  create(): Promise<unknown>;
  /** @throws InfluxRefusal for an unsuccessful response, and Node's error without one. */
  write(points: readonly Point[]): Promise<void>;
}

/** A server that responded and refused. */
export class InfluxRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The client for an address. */
export function clientOf(given: Database | Bucket): Client {
  return "bucket" in given ? clientOfBucket(given) : clientOfDatabase(given);
}

function clientOfDatabase({ protocol, host, port, name, username, password }: Database): Client {
  const client = new InfluxDB({
    hosts: [{ protocol, host, port }],
    database: name,
    pool: { requestTimeout: TIMEOUT_MS, maxRetries: 0 },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  return {
    create: () => client.createDatabase(name),
    write: async (points) => {
      const writable = points.map(({ measurement, tags, fields, timestamp }) => {
        return { measurement, tags: { ...tags }, fields: { ...fields }, timestamp };
      });
      await client.writePoints(writable, { precision: "ms" }).catch((problem) => {
        const status = statusOf(problem);
        throw status === undefined ? problem : new InfluxRefusal(status, (problem as Error).message);
      });
    },
  };
}

function statusOf(problem: unknown): number | undefined {
  return problem instanceof Error && "res" in problem ? (problem.res as { statusCode?: number }).statusCode : undefined;
}

/** InfluxDB 2's write API, which the library for 1.x does not support. Buckets are created by their owner. */
function clientOfBucket({ protocol, host, port, org, bucket, token }: Bucket): Client {
  const address = `${protocol}://${host}:${port}/api/v2/write?${new URLSearchParams({ org, bucket, precision: "ms" })}`;
  return {
    create: async () => undefined,
    write: async (points) => {
      const answer = await fetch(address, {
        method: "POST",
        headers: { Authorization: `Token ${token}`, "Content-Type": "text/plain; charset=utf-8" },
        body: points.map(lineOf).join("\n"),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: "manual",
      });
      const body = await answer.text();
      if (answer.status !== 204) throw new InfluxRefusal(answer.status, messageIn(answer.status, body, token));
    },
  };
}

/** A point in line protocol; all our numbers are floats. */
export function lineOf({ measurement, tags, fields, timestamp }: Point): string {
  const tag = ([name, value]: readonly [string, string]) => `${escaping.tag(name)}=${escaping.tag(value)}`;
  const field = ([name, value]: readonly [string, string | number]) => `${escaping.tag(name)}=${fieldValue(value)}`;
  const series = [
    escaping.measurement(measurement),
    ...Object.entries(tags)
      .filter(([, value]) => value !== "")
      .map(tag),
  ];
  return `${series.join(",")} ${Object.entries(fields).map(field).join(",")} ${timestamp.getTime()}`;
}

function fieldValue(value: string | number): string {
  return typeof value === "number" ? String(value) : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function messageIn(status: number, body: string, token: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return `${status} ${message.replaceAll(token, "(hidden)").slice(0, LONGEST_TEXT)}`;
  } catch {
    // Not JSON: the status says enough.
  }
  return `status ${status}`;
}
