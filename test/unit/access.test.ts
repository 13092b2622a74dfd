import { describe, expect, test } from "vitest";
import { definitionOf } from "../../core/definition.ts";
import { readCookies, readHeaders } from "../../core/headers.ts";
import { describeRefusedCredentials } from "../../core/refusedcredentials.ts";
import { Renewal } from "../../core/renewal.ts";
import { endOf, readToken, readTokenAnswer, readTokens } from "../../core/token.ts";
import { settings } from "../../k6/support/settings.ts";
import { type AccessSettings, givenOf, secretsShown, unfitness } from "../../systems/access.ts";
import { type RunnableTest, VARIABLES } from "../../systems/variables.ts";

const decoded = (base64url: string) => Buffer.from(base64url, "base64url").toString();

describe("headers", () => {
  test.each([
    ["X-Tenant: a", { "X-Tenant": "a" }],
    ["X-Tenant: a\nX-Time: 12:30", { "X-Tenant": "a", "X-Time": "12:30" }],
    ["# a comment\r\nX-Empty:\r\n", { "X-Empty": "" }],
    ['{"X-Tenant":"a","Authorization":"Api-Key k"}', { "X-Tenant": "a", Authorization: "Api-Key k" }],
    ["x-tenant: a\nX-API-KEY: k", { "X-Tenant": "a", "X-Api-Key": "k" }],
    // One name is one header, however it is written and however often.
    ["X-Tag: a\nx-tag: b", { "X-Tag": "a, b" }],
    ["cookie: a=1\nCOOKIE: b=2", { Cookie: "a=1; b=2" }],
  ])("%j are read", (text, headers) => expect(readHeaders(text)).toEqual(headers));

  test.each(["", "no colon", ": no name", "two words: a", '{"a":1}', "{", "[]", '{"a":"line\\r\\nX: y"}', "{}"])(
    "%j are none",
    (text) => expect(readHeaders(text)).toBeUndefined(),
  );
});

test.each([
  ["a=1", "a=1"],
  ["a=1;b=2", "a=1; b=2"],
  ["session=x==; theme=", "session=x==; theme="],
  ["a", undefined],
  ["a=1;", undefined],
  ["a b=1", undefined],
  ["a=1\r\nX: y", undefined],
])("cookies %j are %j", (text, cookies) => expect(readCookies(text)).toBe(cookies));

test("a token is one word; a file holds one on each line", () => {
  expect(readToken(" eyJ.a-b_c= \n")).toBe("eyJ.a-b_c=");
  expect(readToken("two words")).toBeUndefined();
  expect(readToken("")).toBeUndefined();
  expect(readTokens("a\r\n\n# of nobody\n b \n")).toEqual(["a", "b"]);
});

test.each<[number, string, unknown]>([
  [200, '{"access_token":"t","expires_in":20,"token_type":"Bearer"}', { token: "t", lasts: 20 }],
  [201, '{"token":"t"}', { token: "t", lasts: null }],
  [200, '{"access_token":"t","expires_in":"3600"}', { token: "t", lasts: 3600 }],
  [200, " t\n", { token: "t", lasts: null }],
  [200, '{"access_token":""}', "the answer has no access_token or token"],
  [200, '{"access_token":"t","expires_in":0}', "its expires_in is not a number above 0"],
  [200, '{"access_token":"t","expires_in":"soon"}', "its expires_in is not a number above 0"],
  [200, '{"access_token":"t","expires_in":null}', { token: "t", lasts: null }],
  [200, '{"id":"s3cr3t"}', "the answer has no access_token or token"],
  [200, "{s3cr3t", "the answer is not JSON"],
  [200, "", "the answer is not a token: it is empty or has several words or lines"],
  [200, "<html> login </html>", "the answer is not a token: it is empty or has several words or lines"],
  [200, "one\ntwo\n", "the answer is not a token: it is empty or has several words or lines"],
  [401, "s3cr3t", "status 401"],
  [400, '{"error":"invalid_grant","error_description":"s3cr3t"}', "status 400, invalid_grant"],
  [400, '{"error":"<b>s3cr3t</b>"}', "status 400"],
  [302, "", "status 302"],
])("a token's address answers %i %j: %j", (status, body, read) => expect(readTokenAnswer(status, body)).toEqual(read));

describe("a token that is renewed", () => {
  test("is asked for at first, and before it ends", () => {
    const renewal = new Renewal(null, decoded);
    expect(renewal.isDue(0)).toBe(true);
    renewal.renewed({ token: "a", lasts: 20 }, 1_000);
    expect([renewal.isDue(16_999), renewal.isDue(17_000)]).toEqual([false, true]);
    expect(renewal.endsAt(2_000)).toBe(19_000);
    // Nobody is sent away by a token that is over already.
    expect(renewal.endsAt(19_000)).toBe(Number.POSITIVE_INFINITY);
  });

  test("lasts as long as is known otherwise, or for ever", () => {
    const known = new Renewal(10, decoded);
    known.renewed({ token: "a", lasts: null }, 0);
    expect([known.isDue(7_999), known.isDue(8_000)]).toEqual([false, true]);
    const unknown = new Renewal(null, decoded);
    unknown.renewed({ token: "a", lasts: null }, 0);
    expect([unknown.isDue(1e12), unknown.endsAt(0)]).toEqual([false, Number.POSITIVE_INFINITY]);
  });

  test("is asked for when it is refused, but once a second, and not for one that is gone", () => {
    const renewal = new Renewal(null, decoded);
    renewal.renewed({ token: "a", lasts: null }, 0);
    renewal.refused("of before", 5_000);
    expect(renewal.isDue(5_000)).toBe(false);
    renewal.refused("a", 5_000);
    expect(renewal.isDue(5_000)).toBe(true);
    renewal.renewed({ token: "b", lasts: null }, 5_000);
    renewal.refused("b", 5_001);
    expect([renewal.isDue(5_999), renewal.isDue(6_000)]).toEqual([false, true]);
  });

  test("serves on when no other comes, and is asked for again a second later", () => {
    const renewal = new Renewal(20, decoded);
    renewal.renewed({ token: "a", lasts: null }, 0);
    renewal.failed(16_000);
    expect(renewal.token).toBe("a");
    expect([renewal.isDue(16_999), renewal.isDue(17_000)]).toEqual([false, true]);
  });
});

const jwt = (claims: object) =>
  ["{}", JSON.stringify(claims), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".");

test.each<[string, number | null]>([
  [jwt({ exp: 1_800_000_000 }), 1_800_000_000],
  [jwt({ exp: 1_800_000_000.5, name: "naïve ~~~???" }), 1_800_000_000.5],
  [`${jwt({ exp: 20 }).replace(/\.[^.]*$/, ".")}`, 20],
  [jwt({ exp: "1800000000" }), null],
  [jwt({ iat: 1 }), null],
  ["a.b.c", null],
  ["opaque", null],
  ["v2.local.!!.x", null],
])("the token %j says of itself that it ends at %j", (token, end) => expect(endOf(token, decoded)).toBe(end));

test("a JWT lasts until its exp, unless the answer or a setting says otherwise", () => {
  const token = jwt({ exp: 30 });
  const lives = ([lasts, setting]: [number | null, number | null]) => {
    const renewal = new Renewal(setting, decoded);
    renewal.renewed({ token, lasts }, 10_000);
    return renewal.endsAt(10_000);
  };
  expect(lives([null, null])).toBe(28_000);
  expect(lives([10, null])).toBe(19_000);
  expect(lives([null, 10])).toBe(19_000);
  // By our clock it is over already: one of the two clocks is wrong, and a 401 tells in time.
  const over = new Renewal(null, decoded);
  over.renewed({ token, lasts: null }, 31_000);
  expect([over.isDue(1e12), over.endsAt(31_000)]).toEqual([false, Number.POSITIVE_INFINITY]);
});

describe("ways in that do not go together", () => {
  const unfit = (variables: Record<string, string>) => {
    const given = givenOf(settings("websocket", variables), "WS");
    return unfitness(given, "WS", given.HEADERS);
  };
  test.each([
    [{ WS_TOKEN: "a", WS_TOKEN_COMMAND: "b" }, "WS_TOKEN, WS_TOKEN_COMMAND: each sets the Authorization header"],
    [
      { WS_TOKEN: "a", WS_HEADERS: "authorization: Api-Key k" },
      "WS_TOKEN: sets the Authorization header, and the headers",
    ],
    [{ WS_COOKIES: "a=1", WS_HEADERS: "COOKIE: b=2" }, "WS_COOKIES: sets the Cookie header"],
    [{ WS_TOKEN_COMMAND: "b", WS_TOKEN_FORM: "x" }, "WS_TOKEN_FORM: needs WS_TOKEN_URL"],
    [{ WS_TOKEN_LASTS: "20s" }, "WS_TOKEN_LASTS: needs WS_TOKEN_URL or WS_TOKEN_COMMAND"],
    [{ WS_KEY: "k" }, "WS_CERT and WS_KEY"],
  ])("%j", (variables, said) => expect(unfit(variables as unknown as Record<string, string>)).toContain(said));

  test.each([
    {},
    { WS_TOKEN_COMMAND: "b", WS_TOKEN_LASTS: "20s", WS_COOKIES: "a=1" },
    { WS_HEADERS: "Authorization: Api-Key k", WS_CERT: "c", WS_KEY: "k" },
  ])("%j go together", (variables) => expect(unfit(variables as unknown as Record<string, string>)).toBeNull());
});

test("refused credentials name status, challenge and the settings that change them", () => {
  expect(
    describeRefusedCredentials(403, "POST http://a/x", "TARGET", { said: '403 {"error":"tenant suspended"}' }),
  ).toMatch(
    /^POST http:\/\/a\/x is answered 403 \{"error":"tenant suspended"\}: nothing was sent on; unless its words name another cause, give its credentials in TARGET_TOKEN,/,
  );
  const said = describeRefusedCredentials(401, "GET http://a/x", "WS", { challenge: 'Bearer realm="a"' });
  expect(said).toContain("GET http://a/x is answered 401 Unauthorized, asks for Bearer");
  expect(said).toContain("WS_TOKEN");
});

const tests = Object.keys(VARIABLES) as RunnableTest[];

describe("a variable with a test's prefix that is not known", () => {
  test.each<[RunnableTest, string, string]>([
    ["websocket", "WS_TOKNE", "WS_TOKEN"],
    ["websocket", "WS_BEARER_TOKEN", "WS_"],
    ["websocket", "THROUGHLINE_WS_SUBPROTOCOLS", "WS_PROTOCOLS"],
    ["ingest", "INGEST_HEADER", "INGEST_HEADERS"],
    ["ingest", "INGEST_AUTHORIZATION", "INGEST_"],
    ["http", "HTTP_CERTIFICATE", "HTTP_CERT"],
    ["webhook", "SIGNALS_PASS", "SIGNALS_BASIC"],
    ["nats", "NATS_NKEYSEED", "NATS_"],
    ["redis", "REDIS_TLS_CERT", "REDIS_"],
  ])("%s refuses %s", (name, given, meant) => {
    expect(() => settings(name, { [given]: "hunter2-1" })).toThrow(new RegExp(`${given}=.*did you mean ${meant}`));
  });

  test.each(tests)("%s takes all of its own, those of other tests, and a proxy", (name) => {
    for (const other of tests) {
      const own = Object.keys(VARIABLES[other]).filter((one) => !(one in VARIABLES[name]));
      expect(() => settings(name, Object.fromEntries(own.map((one) => [one, "anything"])))).not.toThrow();
    }
    expect(() => settings(name, { HTTP_PROXY: "http://proxy:3128", HTTPS_PROXY: "x", PATH: "/" })).not.toThrow();
    expect(definitionOf(name)?.prefixes?.length).toBeGreaterThan(0);
  });

  test("none of the values is shown", () => {
    for (const given of ["WS_TOKNE", "WS_HEADERZ", "WS_COOKIE", "WS_BASICS"]) {
      expect(() => settings("websocket", { [given]: "hunter2" })).toThrow(/=\(hidden\):/);
    }
  });
});

test("what a target may repeat is known in all its parts", () => {
  const given = { TOKEN_FORM: "client_id=load&client_secret=s%2F3" } as AccessSettings;
  const headers = { Authorization: "Basic dTpww6Qgc3M=", Cookie: "sid=a8c; a=b=c", "X-Api-Key": "k", "X-Tenant": "t" };
  expect(secretsShown(given, headers)).toEqual([
    ...["dTpww6Qgc3M=", "u:p\u00e4 ss", "p\u00e4 ss", "sid=a8c; a=b=c", "a=b=c", "k", "a8c", "b=c"],
    ...["client_id=load&client_secret=s%2F3", "s/3"],
  ]);
  const latin1 = secretsShown({} as AccessSettings, { Authorization: "Basic bfxsbGVyOmdlaGVpbTEyMw==" });
  expect(latin1, "a name that is no UTF-8").toContain("geheim123");
  expect(secretsShown({} as AccessSettings, { "X-Auth": "Token abc" })).toEqual(["Token abc", "abc", ""]);
});

test("a cookie that is a word is no secret, unless its name says so", () => {
  const rest = "session=letmein; a=Letmein; b=longerthanaword";
  expect(secretsShown({} as AccessSettings, { Cookie: `consent=accepted; ${rest}` })).toEqual([
    ...[`consent=accepted; ${rest}`, rest, "letmein", "Letmein", "longerthanaword", ""],
  ]);
});
