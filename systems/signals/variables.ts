/** The variables of the signal webhooks' test, one row each. */
import { address, field, integer, path, positive, secret, variable } from "../../core/variable.ts";
import { accounted, common, publishing, scenario } from "../../core/variables.ts";
import { waysIn } from "../access.ts";
import * as profiles from "./profiles.ts";
import { TRIALS, type Trial } from "./trials.ts";
import { CONTRACT } from "./wire.ts";

const trials = variable(`names out of ${Object.keys(TRIALS).join(", ")}, with commas; or none`, (text) => {
  const names = text === "none" ? [] : text.split(",");
  return names.every((name) => Object.hasOwn(TRIALS, name)) ? (names as Trial[]) : undefined;
});

/** The variables of webhook.js. */
export const webhook = {
  SCENARIO: scenario(profiles.webhook),
  ...common,
  ...accounted,
  ...publishing,
  SIGNALS_URL: address("http", "https")("the server that takes the signals", "http://localhost:8000"),
  SIGNALS_USER: secret("user to log in as, to create webhooks"),
  SIGNALS_PASSWORD: secret("password of SIGNALS_USER"),
  ...waysIn("SIGNALS"),
  LOGIN_PATH: path("where to log in", "/api/v1/auth/login"),
  LOGIN_AS: variable("form or json", (text) => (text === "form" || text === "json" ? text : undefined))(
    "how user and password are sent",
    "form",
  ),
  LOGIN_FIELD: field("the field that names the user, e.g. email", "username"),
  CREATE_PATH: path("where webhooks are created", "/api/v1/webhooks/generate"),
  TRIGGER_PATH: path("where signals are sent, before the webhook's token", "/api/v1/webhooks"),
  WEBHOOKS: integer(1, 1_000)("webhooks to create, instead of as many as keep the load under their limits"),
  WEBHOOK_TOKEN: secret("token of a webhook that exists, instead of logging in and creating some"),
  WEBHOOK_SECRET: secret("secret of WEBHOOK_TOKEN"),
  TRACE_FIELD: field("the field of a signal that carries its trace", "signal_id"),
  SIGNAL_LIMIT: integer(2, 1_000)(
    "requests per second that each webhook accepts from a client",
    String(CONTRACT.limit),
  ),
  TRIALS: trials("what is tried after the load", Object.keys(TRIALS).join()),
  MEMORY_SIGNALS: integer(100, 10_000_000)("signals of the memory trial", String(TRIALS.memory.signals)),
  MEMORY_RATE: positive("signals per second of the memory trial: a rate that the target handles easily", "100"),
  SIGNALS_EXECUTED_URL: address("http", "https")("list of the executed signals; needs RECEIVER_URL, which joins it"),
  EXECUTED_BY: variable("trace, count", (text) => (text === "trace" || text === "count" ? text : undefined))(
    "how accepted and executed signals are compared: one by one, or, where the target keeps none of their fields, by count",
    "trace",
  ),
  DELETE_PATH: path(
    "where a webhook is deleted, as in /api/v1/webhooks/{token} or /api/v1/webhooks/{id}: those that were created are deleted at the end",
  ),
};
