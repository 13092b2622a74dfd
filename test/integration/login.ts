/** A login server whose tokens really expire. */
import { createHmac, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** How tokens are issued. */
export interface LoginOptions {
  /** Seconds after which a token expires. */
  readonly lasts: number;
  /** Where its lifetime is given: in the answer, in the token as a JWT, or nowhere. */
  readonly told?: "expires_in" | "jwt" | "nobody";
  /** An answer without a token, instead. */
  readonly refuses?: () => { readonly status: number; readonly body: string } | null;
}

/** A server that issues a new token for each request. */
export interface Login {
  readonly url: string;
  /** When each token was issued, in Unix ms. */
  readonly given: ReadonlyMap<string, number>;
  /** Method and body of each request. */
  readonly asked: readonly string[];
  /** Revokes all tokens, past and future. */
  revokeAll(): void;
  /** Decides about a request: null if its token is valid, otherwise the status of the answer. */
  admit(request: IncomingMessage): number | null;
  /** Ms until the token of a request expires. */
  left(request: IncomingMessage): number;
}

const encoded = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");

/** A JSON Web Token as login servers sign it. */
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
