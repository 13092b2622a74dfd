import { escape as escaping, InfluxDB } from "influx";
import type { Bucket, Database } from "./influxdb-address.ts";
import type { Point } from "./points.ts";

const TIMEOUT_MS = 2_000;
/** As much of what a server says is told. */
const LONGEST_TEXT = 300;

/** What points are written by. */
export interface Client {
  /** Makes the database where that is allowed. May reject where it is not. */
  create(): Promise<unknown>;
  /** @throws InfluxRefusal for an answer that is no success, and what Node says where none comes. */
  write(points: readonly Point[]): Promise<void>;
}

/** A server that answered, and took nothing. */
export class InfluxRefusal extends Error {
  readonly status: number;

  constructor(status: number, said: string) {
    super(said);
    this.status = status;
  }
}

/** The client that an address asks for. */
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

/** The write API of InfluxDB 2; the library speaks that of 1.x alone. A bucket is made by who owns it. */
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
      const said = await answer.text();
      if (answer.status !== 204)
        throw new InfluxRefusal(answer.status, messageIn(answer.status, said).replaceAll(token, "(hidden)"));
    },
  };
}

/** A point in line protocol: numbers are floats, as in all points of ours. */
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

function messageIn(status: number, said: string): string {
  try {
    const { message } = JSON.parse(said) as { message?: unknown };
    if (typeof message === "string") return `${status} ${message.slice(0, LONGEST_TEXT)}`;
  } catch {
    // It is no JSON: the status says enough.
  }
  return `status ${status}`;
}
