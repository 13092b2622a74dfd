import exec from "k6/execution";
import { Client, type SocketOptions } from "k6/x/redis";
import { withoutCredentials } from "../../../core/redaction.ts";
import { readFile } from "../../../k6/support/files.ts";
import { wordsOf } from "./words.ts";

export interface RedisSettings {
  readonly REDIS_URL: string;
  readonly REDIS_CA: string | undefined;
  readonly REDIS_CERT: string | undefined;
  readonly REDIS_KEY: string | undefined;
  readonly REDIS_MASTER: string | undefined;
  readonly REDIS_CLUSTER: boolean;
  readonly STREAM: string;
  readonly ACK_TIMEOUT: number;
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
    const { REDIS_CA, REDIS_CERT, REDIS_KEY, REDIS_MASTER, REDIS_CLUSTER } = settings;
    const files = [REDIS_CA, REDIS_CERT, REDIS_KEY].filter((file) => file !== undefined);
    const plain = files.length === 0 && REDIS_MASTER === undefined && !REDIS_CLUSTER;
    return new Client((plain ? urlOf(settings, connections) : optionsOf(settings, connections)) as string);
  } catch (problem) {
    throw `REDIS_URL=${withoutCredentials(`${settings.REDIS_URL}: ${wordsOf(problem)}`)}`;
  }
}

/** Nothing is sent twice by itself: an entry could be added twice. */
function urlOf({ REDIS_URL, ACK_TIMEOUT }: RedisSettings, connections: number): string {
  const separator = REDIS_URL.includes("?") ? "&" : "?";
  const timeout = `${ACK_TIMEOUT * 1000}ms`;
  return `${REDIS_URL}${separator}max_retries=-1&pool_size=${connections}&read_timeout=${timeout}&write_timeout=${timeout}&dial_timeout=${timeout}`;
}

/** The same with what no URL can say. */
function optionsOf(settings: RedisSettings, connections: number): object {
  const { REDIS_URL, REDIS_CA, REDIS_CERT, REDIS_KEY, REDIS_MASTER, REDIS_CLUSTER, ACK_TIMEOUT } = settings;
  const [, secure, user = "", password = "", host, port = "6379", database] = URL_PARTS.exec(REDIS_URL) ?? [];
  if (host === undefined)
    throw "allowed with these settings: redis://user:password@host:port/database, without a query";
  if ((REDIS_CERT === undefined) !== (REDIS_KEY === undefined)) throw "REDIS_CERT and REDIS_KEY: give both";
  const timeout = ACK_TIMEOUT * 1000;
  const socket: SocketOptions = {
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port),
    poolSize: connections,
    ...{ dialTimeout: timeout, readTimeout: timeout, writeTimeout: timeout },
  };
  if (secure !== undefined || REDIS_CA !== undefined || REDIS_CERT !== undefined) {
    socket.tls = {
      ...(REDIS_CA === undefined ? {} : { ca: [readFile(REDIS_CA, "REDIS_CA")] }),
      ...(REDIS_CERT === undefined ? {} : { cert: readFile(REDIS_CERT, "REDIS_CERT") }),
      ...(REDIS_KEY === undefined ? {} : { key: readFile(REDIS_KEY, "REDIS_KEY") }),
    };
  }
  const node = {
    socket,
    ...(user === "" ? {} : { username: decodeURIComponent(user) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(database === undefined ? {} : { database: Number(database) }),
    maxRetries: -1,
  };
  if (REDIS_CLUSTER) return { cluster: { nodes: [node] } };
  return REDIS_MASTER === undefined ? node : { ...node, masterName: REDIS_MASTER };
}

/** Ends the test (k6 exits 108) when Redis cannot be reached, or is part of a cluster that is not followed. */
export async function requireRedis(redis: Client, { STREAM, REDIS_CLUSTER }: RedisSettings): Promise<void> {
  const problemOf = (...command: [string, ...string[]]) =>
    redis.sendCommand(...command).then(
      () => null,
      (problem) => wordsOf(problem),
    );
  const unreached = await problemOf("PING");
  // A user who may not even ask has been let in.
  if (unreached !== null && !unreached.startsWith("NOPERM")) {
    exec.test.abort(`REDIS_URL: cannot reach Redis: ${unreached}`);
  }
  const problem = await problemOf("TYPE", STREAM);
  if (problem !== null && /^(?:MOVED|ASK|CLUSTERDOWN) /.test(problem) && !REDIS_CLUSTER) {
    exec.test.abort(`REDIS_URL: is a node of a cluster (${problem}): REDIS_CLUSTER=1 follows it`);
  }
}
