import exec from "k6/execution";
import { Client, type SocketOptions } from "k6/x/redis";
import { Streams } from "k6/x/redis-streams";
import { withoutCredentials } from "../../../core/redaction.ts";
import { lead } from "../../../k6/support/lead.ts";
import { wordsOf } from "./words.ts";

export interface RedisSettings {
  readonly REDIS_URL: string;
  readonly REDIS_MASTER: string | undefined;
  readonly STREAM: string;
  readonly ACK_TIMEOUT: number;
  readonly REDIS_CERT: string | undefined;
  readonly REDIS_CA: string | undefined;
}

/** What k6 has to know of certificates, which both clients take from it. @throws a string of one line. */
export function redisCertificates(settings: RedisSettings): object {
  const { REDIS_CERT: CERT, REDIS_CA: CA } = settings;
  const idle = CERT !== undefined ? "REDIS_CERT" : CA !== undefined ? "REDIS_CA" : null;
  if (idle !== null && !settings.REDIS_URL.startsWith("rediss:"))
    throw `${idle}: does nothing without TLS; give REDIS_URL=rediss://...`;
  return lead?.certificatesOf(settings, "REDIS") ?? {};
}

/** The parts of a Redis URL; k6 has no class for URLs. */
const URL_PARTS = /^redis(s)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?(?:\/(\d+))?\/?$/;

/**
 * Makes the client of a virtual user; to be called in the init context.
 *
 * @param connections how many commands it sends at the same time.
 * @throws a string of one line when the address cannot be used.
 */
export function openRedis(settings: RedisSettings, connections: number): Client {
  try {
    const { REDIS_MASTER } = settings;
    return new Client(
      (REDIS_MASTER === undefined ? urlOf(settings, connections) : sentinelOf(settings, connections)) as string,
    );
  } catch (problem) {
    throw unusable(settings, problem);
  }
}

/** Makes what adds batches to a stream of the same server. @throws a string of one line, as {@link openRedis}. */
export function openStreams(settings: RedisSettings): Streams {
  try {
    return new Streams({ url: urlOf(settings, 1), masterName: settings.REDIS_MASTER });
  } catch (problem) {
    throw unusable(settings, problem);
  }
}

function unusable({ REDIS_URL }: RedisSettings, problem: unknown): string {
  return `REDIS_URL=${withoutCredentials(`${REDIS_URL}: ${wordsOf(problem)}`)}`;
}

/** Nothing is sent twice by itself: an entry could be added twice. */
function urlOf({ REDIS_URL, ACK_TIMEOUT }: RedisSettings, connections: number): string {
  const separator = REDIS_URL.includes("?") ? "&" : "?";
  const timeout = `${ACK_TIMEOUT * 1000}ms`;
  return `${REDIS_URL}${separator}max_retries=-1&pool_size=${connections}&read_timeout=${timeout}&write_timeout=${timeout}&dial_timeout=${timeout}`;
}

/** The Sentinel at the address, and the master that it knows. */
function sentinelOf({ REDIS_URL, REDIS_MASTER, ACK_TIMEOUT }: RedisSettings, connections: number): object {
  const [, secure, user = "", password = "", host, port = "26379", database] = URL_PARTS.exec(REDIS_URL) ?? [];
  if (secure !== undefined) {
    throw "REDIS_MASTER: a Sentinel is not asked over TLS; give redis://host:port of the Sentinel, or rediss:// of the master without REDIS_MASTER";
  }
  if (host === undefined) {
    throw "allowed with REDIS_MASTER: redis://user:password@host:port/database, without a query";
  }
  const timeout = ACK_TIMEOUT * 1000;
  const waits = { dialTimeout: timeout, readTimeout: timeout, writeTimeout: timeout };
  const socket: SocketOptions = {
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port),
    poolSize: connections,
    ...waits,
  };
  return {
    socket,
    ...(user === "" ? {} : { username: decodeURIComponent(user) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(database === undefined ? {} : { database: Number(database) }),
    maxRetries: -1,
    masterName: REDIS_MASTER,
  };
}

/** Ends the test (k6 exits 108) when Redis cannot be reached, or is a node of a cluster that leads elsewhere. */
export async function requireRedis(redis: Client, settings: RedisSettings): Promise<void> {
  const { STREAM } = settings;
  const problemOf = (...command: [string, ...string[]]) =>
    redis.sendCommand(...command).then(
      () => null,
      (problem) => wordsOf(problem),
    );
  const unreached = await problemOf("PING");
  // A user who may not even ask has been let in.
  if (unreached !== null && !unreached.startsWith("NOPERM")) {
    exec.test.abort(`REDIS_URL: cannot reach Redis: ${unreached}${hintOf(unreached, settings)}`);
  }
  const problem = await problemOf("TYPE", STREAM);
  if (problem !== null && /^(?:MOVED|ASK|CLUSTERDOWN) /.test(problem)) {
    exec.test.abort(
      `REDIS_URL: is a node of a cluster that does not hold ${STREAM} (${problem}): give the node that does`,
    );
  }
}

/** By TLS 1.3 a server that misses a certificate lets the handshake end well, and ends the connection then. */
function hintOf(problem: string, settings: RedisSettings): string {
  const isShown = settings.REDIS_CERT !== undefined;
  const isEnded = /certificate required|bad certificate|connection reset|broken pipe|EOF/.test(problem);
  return isEnded && !isShown && settings.REDIS_URL.startsWith("rediss:")
    ? "; does it ask for a client certificate? REDIS_CERT and REDIS_KEY show one"
    : "";
}
