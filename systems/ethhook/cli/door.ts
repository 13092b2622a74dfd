import { setTimeout as pause } from "node:timers/promises";
import type { Check } from "../../../cli/doctor/check.ts";
import { credentialsOf } from "../../../cli/doctor/credentials.ts";
import { withoutCredentials } from "../../../core/redaction.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { streamOfChain } from "../wire.ts";

const what = "redis stream";
const TIMEOUT_MS = 5_000;

/** Logs in and checks the key of the stream. Adds nothing. */
export async function entriesCheck(settings: Settings<"redis">): Promise<Check> {
  const stream = settings.STREAM ?? streamOfChain(settings.CHAIN_ID);
  const { createClient } = (await import("@redis/client")).default;
  const { tls } = await credentialsOf(settings, "REDIS");
  const secured = settings.REDIS_URL.startsWith("rediss:") ? { tls: true as const, ...tls } : {};
  const client = createClient({
    url: settings.REDIS_URL,
    disableOfflineQueue: true,
    socket: { connectTimeout: TIMEOUT_MS, reconnectStrategy: false, ...secured },
  });
  client.on("error", () => {});
  const over = new AbortController();
  // A server that is not Redis would let the client wait for ever.
  const silence = pause(TIMEOUT_MS, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${TIMEOUT_MS / 1000} s`);
  });
  try {
    await Promise.race([client.connect(), silence]);
    const send = (...command: string[]) => client.sendCommand(command);
    return await Promise.race([lookAt(send, stream, settings.REDIS_MASTER), silence]);
  } catch (problem) {
    return failed(withoutCredentials((problem as Error).message), stream);
  } finally {
    over.abort();
    silence.catch(() => {});
    client.destroy();
  }
}

async function lookAt(
  send: (...command: string[]) => Promise<unknown>,
  stream: string,
  master: string | undefined,
): Promise<Check> {
  if (master !== undefined) return masterFound(master, await send("SENTINEL", "get-master-addr-by-name", master));
  const type = String(await send("TYPE", stream));
  if (type === "stream") return { what, found: `${stream} is there`, ok: true };
  const remedy = "--set STREAM=... names another";
  if (type !== "none") return { what, found: `${stream} is a ${type}, not a stream`, ok: false, remedy };
  const found = `${stream} is not there yet`;
  return { what, found, ok: null, remedy: `the run makes it; is it the one that the pipeline reads? ${remedy}` };
}

function masterFound(master: string, address: unknown): Check {
  const found = Array.isArray(address) ? `${address.join(":")} is master ${master}` : `no master is named ${master}`;
  if (Array.isArray(address)) return { what, found, ok: true };
  return { what, found, ok: false, remedy: "REDIS_MASTER must be a name that the Sentinel of --redis-url watches" };
}

function failed(said: string, stream: string): Check {
  if (said.startsWith("NOPERM")) {
    const remedy = "the run publishes without having seen it; docs/access.md has the rights";
    return { what, found: `this user may not ask for ${stream}: ${said}`, ok: null, remedy };
  }
  if (/^(?:NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password)/.test(said)) {
    return { what, found: `cannot log in: ${said}`, ok: false, remedy: "redis://user:password@host:port says who" };
  }
  if (/^(?:MOVED|ASK|CLUSTERDOWN) /.test(said)) {
    return { what, found: said, ok: false, remedy: `give the node of the cluster that holds ${stream}` };
  }
  return { what, found: said, ok: false, remedy: "is this a Redis server, and the right port?" };
}
