import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { withoutCredentials } from "../../core/redaction.ts";
import { FarEndAccess } from "../../receiver/access.ts";

const NOTHING = { variables: {} };

test.each([
  [{ TARGET_TOKEN_COMMAND: "cat token" }, "TARGET_TOKEN_COMMAND: a receiver runs no commands"],
  [{ TARGET_CERT: "/dev/null" }, "TARGET_CERT and TARGET_KEY: a client certificate needs its key"],
  [
    { THROUGHLINE_TARGET_TOKENS: "/nowhere/tokens" },
    "TARGET_TOKENS=/nowhere/tokens: cannot be read: there is none of that name",
  ],
  [{ TARGET_TOKENS: "/dev/null" }, "TARGET_TOKENS=/dev/null: holds no token"],
  [{ TARGET_HEADERS_FILE: "/dev/null" }, "TARGET_HEADERS_FILE=/dev/null: allowed:"],
  [{ TARGET_HEADERS: "s3cr3t" }, "TARGET_HEADERS=(hidden): allowed:"],
  [{ TARGET_TOKEN: "a", TARGET_BASIC: "u:p" }, "TARGET_BASIC, TARGET_TOKEN: each sets the Authorization header"],
])("%j cannot be used", (environment, said) => {
  expect(() => new FarEndAccess(NOTHING, environment as unknown as Record<string, string>)).toThrow(said);
});

test("a name that the file declares is the file's own, and its secrets are told nowhere", () => {
  const variables = {
    TARGET_TOKEN: { meaning: "something else", secret: true },
    API_KEY: { meaning: "k", secret: true },
  };
  const access = new FarEndAccess({ variables }, { TARGET_TOKEN: "two words", API_KEY: "key-of-nobody" });
  expect(access.headers()).toEqual({});
  expect(withoutCredentials("key-of-nobody is unknown")).toBe("(hidden) is unknown");
});

test("a question that is refused for its token is asked again with the next one, and a shut door is named", async () => {
  let given = 0;
  let isShut = false;
  const server = createServer((request, reply) => {
    if (request.url === "/token") return reply.end(`token-${++given}`);
    const isGood = !isShut && request.headers.authorization === "Bearer token-2";
    return reply.writeHead(isGood ? 200 : 401).end(JSON.stringify([request.headers["x-own"]]));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = new FarEndAccess(NOTHING, { TARGET_TOKEN_URL: `${url}/token` });
  // A new token is asked for no sooner than a second after the last.
  await expect.poll(async () => (await access.fetch(url)).status, { timeout: 5_000 }).toBe(200);
  expect(await (await access.fetch(url, { headers: { "X-Own": "a" } })).json()).toEqual(["a"]);
  expect({ given, problem: access.problem }).toEqual({ given: 2, problem: null });
  isShut = true;
  expect((await access.fetch(url)).status).toBe(401);
  expect(access.problem).toMatch(/a question to the far end is answered 401 Unauthorized: .* TARGET_TOKEN,/);
});
