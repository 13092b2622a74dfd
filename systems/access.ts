/** The ways into a target that speaks HTTP or WebSocket: one table, from which every test has its variables. */

import { decode, encode } from "js-base64";
import { type Headers, readCookies, readHeaders, readNames } from "../core/headers.ts";
import { OWN_PREFIX } from "../core/ownaccess.ts";
import { secretsInQuery, secretValues } from "../core/secrets.ts";
import { readToken } from "../core/token.ts";
import { address, duration, filePath, flag, secret, type Variable, variable } from "../core/variable.ts";

const credential = { credential: true };
const headers = variable('JSON such as {"X-Tenant":"a"}, or "Name: value" on a line each', readHeaders, credential);
const cookies = variable("cookies such as a=1; b=2", readCookies, credential);
const basic = variable("user:password", (text) => (/^[^:]+:/.test(text) ? text : undefined), credential);
const token = variable("one word", readToken, credential);
const names = variable("names with commas", readNames);
const { allowed: webAddress, parse: readWebAddress } = address("http", "https")("");
const tokenUrl = variable(webAddress, readWebAddress, credential);

/** Behind the prefix of a test: HTTP_TOKEN, WS_TOKEN, INGEST_TOKEN, SIGNALS_TOKEN. */
const WAYS_IN = {
  HEADERS: headers("headers of every request to the target"),
  HEADERS_FILE: filePath("file with such headers"),
  COOKIES: cookies("cookies of every request to the target"),
  BASIC: basic("user and password of basic authentication"),
  TOKEN: token("bearer token"),
  TOKENS: filePath("file with a bearer token on each line: virtual users take them in turn"),
  TOKEN_URL: tokenUrl(
    "where each virtual user gets its bearer token, and the next one before it ends and after a 401: JSON with access_token and perhaps expires_in, or the bare token",
  ),
  TOKEN_COMMAND: secret(
    "command that prints such an answer, run by throughline run whenever a virtual user needs the next token, at most once a second",
  ),
  TOKEN_FORM: secret(
    "what is posted to TOKEN_URL, e.g. grant_type=client_credentials&...; without it the token is got",
  ),
  TOKEN_LASTS: duration(
    "how long a token of TOKEN_URL or TOKEN_COMMAND is good for, where neither its answer has expires_in nor it is a JWT with exp",
  ),
  CERT: filePath("client certificate as PEM, together with its key"),
  KEY: filePath("key of the client certificate"),
  CA: filePath("certificates of the authorities to trust, instead of the machine's"),
  INSECURE: flag("1 trusts whatever certificate the target shows", "0"),
};

type WaysIn = typeof WAYS_IN;

/** Of these, what a Redis has too. */
export const REDIS_WAYS_IN = {
  REDIS_CERT: WAYS_IN.CERT,
  REDIS_KEY: WAYS_IN.KEY,
  REDIS_CA: WAYS_IN.CA,
  REDIS_INSECURE: WAYS_IN.INSECURE,
};

/** The variables of the ways in, by a test's prefix. */
export function waysIn<Prefix extends string>(prefix: Prefix) {
  const named = Object.entries<Variable<unknown>>(WAYS_IN).map(([name, way]) => [`${prefix}_${name}`, way]);
  return Object.fromEntries(named) as { readonly [Name in keyof WaysIn as `${Prefix}_${Name}`]: WaysIn[Name] };
}

const PROTOCOLS = names("subprotocols to offer, in the order of preference");
const DEFLATE = flag("1 offers permessage-deflate, without context takeover", "0");

/** What only a socket has. */
export const SOCKET_WAYS_IN = { WS_PROTOCOLS: PROTOCOLS, WS_DEFLATE: DEFLATE };

/** The variables of the ways into the target of a user's pipeline. */
export const OWN_WAYS_IN = { ...waysIn(OWN_PREFIX), TARGET_PROTOCOLS: PROTOCOLS, TARGET_DEFLATE: DEFLATE };

/** Begins so, and is for all programs. */
export const NOT_OURS: readonly string[] = ["HTTP_PROXY"];

type Value<T> = T extends Variable<infer Read> ? Read : never;

/** What a test was told of the ways into its target. */
export type AccessSettings = { readonly [Name in keyof WaysIn]: Value<WaysIn[Name]> | undefined };

/** The ways in of a test's settings, without the prefix. */
export function givenOf(settings: object, prefix: string): AccessSettings {
  const values = settings as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.keys(WAYS_IN).map((name) => [name, values[`${prefix}_${name}`]])) as AccessSettings;
}

/** Settings that each set the Authorization header. */
const AUTHORIZATIONS = ["BASIC", "TOKEN", "TOKENS", "TOKEN_URL", "TOKEN_COMMAND"] as const;

/**
 * Why ways in cannot be used together, in one line; null where they can.
 *
 * @param headers those of HEADERS and of HEADERS_FILE.
 */
export function unfitness(given: AccessSettings, prefix: string, headers: Headers = {}): string | null {
  const named = (names: readonly (keyof AccessSettings)[]) => names.map((name) => `${prefix}_${name}`).join(", ");
  const set = AUTHORIZATIONS.filter((name) => given[name] !== undefined);
  if (set.length > 1) return `${named(set)}: each sets the Authorization header; give one of them`;
  if (set.length > 0 && "Authorization" in headers)
    return `${named(set)}: sets the Authorization header, and the headers hold one too; give one of them`;
  if (given.COOKIES !== undefined && "Cookie" in headers)
    return `${prefix}_COOKIES: sets the Cookie header, and the headers hold one too; give one of them`;
  if ((given.CERT === undefined) !== (given.KEY === undefined))
    return `${prefix}_CERT and ${prefix}_KEY: a client certificate needs its key; give both`;
  if (given.TOKEN_FORM !== undefined && given.TOKEN_URL === undefined)
    return `${prefix}_TOKEN_FORM: needs ${prefix}_TOKEN_URL`;
  if (given.TOKEN_LASTS !== undefined && given.TOKEN_URL === undefined && given.TOKEN_COMMAND === undefined)
    return `${prefix}_TOKEN_LASTS: needs ${prefix}_TOKEN_URL or ${prefix}_TOKEN_COMMAND`;
  return null;
}

/** The variables of a test that are this way into a target, whatever they begin with. */
export function namesOfWay(way: keyof WaysIn, variables: Readonly<Record<string, Variable<unknown>>>): string[] {
  return Object.keys(variables).filter((name) => variables[name] === WAYS_IN[way]);
}

/**
 * The headers that a target is shown, without a token that is renewed or one of many.
 *
 * @param headers those of HEADERS and of HEADERS_FILE.
 */
export function shownHeaders(given: AccessSettings, headers: Headers): Headers {
  const { COOKIES, BASIC, TOKEN } = given;
  return {
    ...headers,
    ...(COOKIES === undefined ? {} : { Cookie: COOKIES }),
    ...(BASIC === undefined ? {} : { Authorization: `Basic ${encode(BASIC)}` }),
    ...(TOKEN === undefined ? {} : { Authorization: `Bearer ${TOKEN}` }),
  };
}

/** A word, such as the `accepted` of a consent: hidden, it would blank what others say. */
const WORD = /^[a-z]{1,11}$/;

/** What a target may repeat of what it is shown, and nobody else must: also the parts of a login, a cookie or a form. */
export function secretsShown({ TOKEN_FORM = "" }: AccessSettings, shown: Headers): readonly string[] {
  const cookies = (shown["Cookie"]?.split(/; */) ?? []).flatMap((pair) => {
    const sign = pair.indexOf("=");
    const value = pair.slice(sign + 1);
    return WORD.test(value) ? secretValues([[pair.slice(0, Math.max(sign, 0)), value]]) : [value];
  });
  const credentials = secretValues(Object.entries(shown)).flatMap((value) => {
    const [, scheme, credential = ""] = /^(\S+) +(.*)$/.exec(value) ?? [];
    if (scheme === undefined) return [value];
    if (scheme.toLowerCase() !== "basic") return [value, credential];
    const login = loginIn(credential);
    return [credential, login, login.slice(login.indexOf(":") + 1)];
  });
  return [...credentials, ...cookies, TOKEN_FORM, ...secretsInQuery(TOKEN_FORM)];
}

/** Whoever gives headers of his own may write anything. */
function loginIn(credential: string): string {
  try {
    return decode(credential);
  } catch {
    return credential;
  }
}
