/** A login server whose tokens really end: nothing that is shown later is let in. */
import { createHmac, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** How tokens are given. */
export interface LoginOptions {
  /** Seconds after which a token ends. */
  readonly lasts: number;
  /** Who says how long one lasts: the answer, the token, which is a JWT then, or nobody. */
  readonly told?: "expires_in" | "jwt" | "nobody";
  /** The answer that is no token, where there is one. */
  readonly refuses?: () => { readonly status: number; readonly body: string } | null;
}

/** A server that gives a new token to whoever asks. */
export interface Login {
  readonly url: string;
  /** When each token was given, in Unix ms. */
  readonly given: ReadonlyMap<string, number>;
  /** Method and body of each request. */
  readonly asked: readonly string[];
  /** Takes all tokens back, and those that are still to be given. */
  revokeAll(): void;
  /** Says of a request whether its token is good: null, or the status that it is answered with. */
  admit(request: IncomingMessage): number | null;
  /** Ms until the token of a request ends. */
  left(request: IncomingMessage): number;
}

const encoded = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");

/** A JSON Web Token as login servers sign them. */
function webToken(now: number, lasts: number): string {
  const claims = { sub: "naïve", jti: randomUUID(), iat: now / 1000, exp: now / 1000 + lasts };
  const signed = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
  return `${signed}.${createHmac("sha256", "of the server").update(signed).digest("base64url")}`;
}

/** Opens a login server for one test. */
export async function loginFor({ lasts, told = "expires_in", refuses = () => null }: LoginOptions): Promise<Login> {
  const given = new Map<string, number>();
  const asked: string[] = [];
  let revoked = false;
  const server = createServer((request, reply) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        asked.push(`${request.method} ${body}`);
        const refusal = refuses();
        if (refusal !== null) return reply.writeHead(refusal.status).end(refusal.body);
        const token = told === "jwt" ? webToken(Date.now(), lasts) : `t-${randomUUID()}`;
        given.set(token, Date.now());
        const expiry = told === "expires_in" ? { expires_in: lasts } : {};
        return reply.end(told === "jwt" ? token : JSON.stringify({ access_token: token, ...expiry }));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const left = ({ headers }: IncomingMessage) => {
    const since = given.get(headers.authorization?.replace(/^Bearer /, "") ?? "");
    return since === undefined || revoked ? 0 : since + lasts * 1000 - Date.now();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    given,
    asked,
    revokeAll: () => {
      revoked = true;
    },
    admit: (request) => (left(request) > 0 ? null : 401),
    left,
  };
}
