/**
 * k6/x/redis: the Redis client of grafana/xk6-redis 0.3.
 *
 * Every command returns a promise. What it is rejected with is not an `Error` and has no `message`: its text is
 * `String(reason)`. Where a command says "rejected when … does not exist", that text is `redis: nil`.
 */
declare module "k6/x/redis" {
  /** Values that a command accepts; anything else rejects its promise. */
  export type Value = string | number | boolean;

  export interface SocketOptions {
    host: string;
    port: number;
    tls?: TLSOptions;
    /** Longest wait for a connection, in milliseconds. Default 5000. */
    dialTimeout?: number;
    /** Longest wait for an answer, in milliseconds. Default 3000. */
    readTimeout?: number;
    /** Longest wait for sending, in milliseconds. Default: `readTimeout`. */
    writeTimeout?: number;
    /** Most connections. Default: ten for each CPU. */
    poolSize?: number;
    minIdleConns?: number;
    /** Age at which a connection is closed, in milliseconds. Default: none. */
    maxConnAge?: number;
    /** Longest wait for a free connection, in milliseconds. Default: `readTimeout` + 1000. */
    poolTimeout?: number;
    /** Idle time after which a connection is closed, in milliseconds. Default 30 minutes. */
    idleTimeout?: number;
    /** Accepted, and without effect. */
    idleCheckFrequency?: number;
  }

  /** Certificates and keys as PEM text, not as file names. */
  export interface TLSOptions {
    ca?: string[];
    cert?: string;
    key?: string;
  }

  export interface SingleNodeOptions {
    socket: SocketOptions;
    username?: string;
    password?: string;
    /** Accepted, and without effect. */
    clientName?: string;
    database?: number;
    /** Default 3, -1 for none. */
    maxRetries?: number;
    /** Nanoseconds. Default 8 ms, -1 for no wait. */
    minRetryBackoff?: number;
    /** Nanoseconds. Default 512 ms, -1 for no wait. */
    maxRetryBackoff?: number;
  }

  export interface ClusterOptions {
    cluster: {
      /** URLs or options; those of several nodes must agree. */
      nodes: string[] | SingleNodeOptions[];
      maxRedirects?: number;
      readOnly?: boolean;
      routeByLatency?: boolean;
      routeRandomly?: boolean;
    };
  }

  export interface SentinelOptions extends SingleNodeOptions {
    masterName: string;
    sentinelUsername?: string;
    sentinelPassword?: string;
  }

  /**
   * A client for one server, a cluster or a server that sentinels watch. Unknown options are an error.
   *
   * It can be made in the init context, but commands work in iterations, `setup` and `teardown` only: the first one
   * connects.
   */
  export class Client {
    /** @param options a URL, `redis://[[user]:password@]host[:port][/database]` or `rediss://…`, or an object. */
    constructor(options: string | SingleNodeOptions | ClusterOptions | SentinelOptions);

    /**
     * Sets a key. Resolves with `OK`.
     *
     * @param expiration seconds, 0 for none, which is also the default.
     */
    set(key: string, value: Value, expiration?: number): Promise<string>;
    /** Rejected when the key does not exist. */
    get(key: string): Promise<string>;
    /** Sets a key and resolves with its former value. Rejected when it had none, although it is set then. */
    getSet(key: string, value: Value): Promise<string>;
    /** Resolves with the number of keys that were deleted. */
    del(...keys: string[]): Promise<number>;
    /** Rejected when the key does not exist. */
    getDel(key: string): Promise<string>;
    /** Resolves with the number of arguments that exist. */
    exists(...keys: string[]): Promise<number>;
    incr(key: string): Promise<number>;
    incrBy(key: string, increment: number): Promise<number>;
    decr(key: string): Promise<number>;
    decrBy(key: string, decrement: number): Promise<number>;
    /** Rejected when the database is empty. */
    randomKey(): Promise<string>;
    /** Resolves with null in the places of keys that do not exist. */
    mget(...keys: string[]): Promise<(string | null)[]>;
    /** Resolves with whether the key exists. Seconds of 0 or less delete it. */
    expire(key: string, seconds: number): Promise<boolean>;
    /** Resolves with seconds; below 0 when the key has no expiration or does not exist. */
    ttl(key: string): Promise<number>;
    /** Resolves with whether there was an expiration to remove. */
    persist(key: string): Promise<boolean>;

    /** Resolves with the length of the list, as `rpush` does. */
    lpush(key: string, ...values: Value[]): Promise<number>;
    rpush(key: string, ...values: Value[]): Promise<number>;
    /** Rejected when the list does not exist, as `rpop` is. */
    lpop(key: string): Promise<string>;
    rpop(key: string): Promise<string>;
    /** Both ends are included; negative ones count from the end of the list. */
    lrange(key: string, start: number, stop: number): Promise<string[]>;
    /** Rejected when there is no such element. */
    lindex(key: string, index: number): Promise<string>;
    /** Resolves with `OK`. Rejected when there is no such element. */
    lset(key: string, index: number, element: string): Promise<string>;
    /** Resolves with the number of removed elements. A negative count removes from the end, 0 all. */
    lrem(key: string, count: number, value: string): Promise<number>;
    llen(key: string): Promise<number>;

    /** Resolves with 1 for a new field and 0 for one that existed. */
    hset(key: string, field: string, value: Value): Promise<number>;
    /** Resolves with whether the field was new. */
    hsetnx(key: string, field: string, value: string): Promise<boolean>;
    /** Rejected when the field does not exist. */
    hget(key: string, field: string): Promise<string>;
    /** Resolves with the number of deleted fields. */
    hdel(key: string, ...fields: string[]): Promise<number>;
    /** Resolves with an empty object when the hash does not exist. */
    hgetall(key: string): Promise<Record<string, string>>;
    hkeys(key: string): Promise<string[]>;
    hvals(key: string): Promise<string[]>;
    hlen(key: string): Promise<number>;
    hincrby(key: string, field: string, increment: number): Promise<number>;

    /** Resolves with the number of members that were new. */
    sadd(key: string, ...members: Value[]): Promise<number>;
    /** Resolves with the number of removed members. */
    srem(key: string, ...members: Value[]): Promise<number>;
    sismember(key: string, member: Value): Promise<boolean>;
    smembers(key: string): Promise<string[]>;
    /** Rejected when the set does not exist, as `spop` is. */
    srandmember(key: string): Promise<string>;
    spop(key: string): Promise<string>;

    /**
     * Sends any command. Resolves with what the server answered: strings, numbers, null inside of arrays, and arrays
     * of them. Rejected when the whole answer is nil.
     */
    sendCommand(command: string, ...args: Value[]): Promise<unknown>;

    /** Whether a command has been sent, which is not whether the server can be reached. */
    isConnected(): boolean;
  }

  const redis: { Client: typeof Client };
  export default redis;
}
