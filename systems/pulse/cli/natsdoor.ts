import { readFileSync } from "node:fs";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import * as v from "valibot";
import type { Check } from "../../../cli/doctor/check.ts";
import { withoutCredentials } from "../../../core/redaction.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { pulseEvents } from "../pipeline.ts";
import { describeStream, readStream, unfitness } from "../stream.ts";

const what = "nats stream";
const TIMEOUT_MS = 5_000;
/** JetStream's code for a missing stream. */
const NOT_FOUND = 10_059;

const Failure = v.object({
  error: v.object({ err_code: v.optional(v.number()), description: v.optional(v.string()) }),
});

/** Logs in and checks the stream of the events. Publishes nothing. */
export async function streamCheck(settings: Settings<"nats">): Promise<Check> {
  let connection: NatsConnection;
  try {
    const { connect } = (await import("@nats-io/transport-node")).default;
    connection = await connect(await connectionOf(settings));
  } catch (problem) {
    const found = withoutCredentials(`cannot log in: ${(problem as Error).message}`);
    const remedy = "set THROUGHLINE_NATS_USER and THROUGHLINE_NATS_PASSWORD, NATS_TOKEN, NATS_CREDS or NATS_NKEY";
    return { what, found, ok: false, remedy };
  }
  try {
    return await lookAt(connection, settings);
  } finally {
    await connection.close();
  }
}

async function lookAt(connection: NatsConnection, settings: Settings<"nats">): Promise<Check> {
  const { STREAM: stream, CREATE_STREAM: creates, NATS_DOMAIN: domain } = settings;
  const api = domain === undefined ? "$JS.API" : `$JS.${domain}.API`;
  let answer: unknown;
  try {
    answer = (await connection.request(`${api}.STREAM.INFO.${stream}`, "{}", { timeout: TIMEOUT_MS })).json();
  } catch (problem) {
    const { name, message } = problem as Error;
    if (/no responders/i.test(message) || name === "NoRespondersError") {
      return { what, found: "JetStream is not enabled", ok: false, remedy: "start nats-server with -js" };
    }
    // A user who may only publish gets no answer.
    const found = `this user may not ask for stream ${stream}: ${message}`;
    return { what, found, ok: null, remedy: "the run publishes without having seen it; docs/access.md has the rights" };
  }
  const facts = readStream(answer);
  if (facts === null) {
    const failure = v.safeParse(Failure, answer);
    const { err_code: code, description = "an answer that is not known" } = failure.success ? failure.output.error : {};
    const found = `stream ${stream}: ${description}`;
    if (code !== NOT_FOUND) return { what, found, ok: false, remedy: "look at the server's log" };
    if (creates) return { what, found: `${found}; CREATE_STREAM=1 makes it`, ok: null };
    return { what, found, ok: false, remedy: "start the gateway that makes it, or --set CREATE_STREAM=1, or STREAM" };
  }
  const { SEED: seed, CHAINS: chains, CHAIN_IDS: numbers, SUBJECT: prefix, FIELD_TYPES: types } = settings;
  const why = unfitness(facts, pulseEvents({ seed, chains }, { numbers, prefix, types }).subjects());
  if (why !== null) return { what, found: why, ok: false };
  return { what, found: describeStream(facts), ok: true };
}

async function connectionOf(settings: Settings<"nats">): Promise<ConnectionOptions> {
  const { credsAuthenticator, nkeyAuthenticator } = (await import("@nats-io/transport-node")).default;
  const { NATS_URL, NATS_TOKEN, NATS_USER, NATS_PASSWORD, NATS_CREDS, NATS_NKEY } = settings;
  const { NATS_CA, NATS_CERT, NATS_KEY } = settings;
  const url = new URL(NATS_URL);
  const files = {
    ...(NATS_CA === undefined ? {} : { caFile: NATS_CA }),
    ...(NATS_CERT === undefined ? {} : { certFile: NATS_CERT }),
    ...(NATS_KEY === undefined ? {} : { keyFile: NATS_KEY }),
  };
  const user = NATS_USER ?? decodeURIComponent(url.username);
  const password = NATS_PASSWORD ?? decodeURIComponent(url.password);
  return {
    servers: `${url.hostname}:${url.port || "4222"}`,
    timeout: TIMEOUT_MS,
    reconnect: false,
    ...(NATS_TOKEN === undefined ? {} : { token: NATS_TOKEN }),
    ...(user === "" ? {} : { user, pass: password }),
    ...(NATS_CREDS === undefined ? {} : { authenticator: credsAuthenticator(readFileSync(NATS_CREDS)) }),
    ...(NATS_NKEY === undefined ? {} : { authenticator: nkeyAuthenticator(readFileSync(NATS_NKEY)) }),
    ...(url.protocol === "tls:" || Object.keys(files).length > 0 ? { tls: files } : {}),
  };
}
