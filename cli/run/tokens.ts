/** Serves tokens printed by commands to k6, which cannot start programs itself. */
import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Token } from "../../core/token.ts";
import { namesOfWay } from "../../systems/access.ts";
import { variablesOf } from "../../systems/variables.ts";
import { runTokenCommand } from "../token-command.ts";

/** Virtual users that ask within this time share a token: 10,000 of them would start 10,000 programs. */
const SHARED_MS = 1_000;

/** Serves the tokens of a test's commands. */
export interface TokenDesk {
  /** The test's variables, in which a local URL replaces each command. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Opens the servers for a test's commands; none if it has no commands. */
export async function openTokenDesk(test: string, given: Readonly<Record<string, string>>): Promise<TokenDesk> {
  const variables: Record<string, string> = { ...given };
  const closings: (() => Promise<void>)[] = [];
  for (const name of namesOfWay("TOKEN_COMMAND", variablesOf(test))) {
    const command = variables[name];
    if (command === undefined) continue;
    const { url, close } = await serve(name, command);
    delete variables[name];
    variables[name.replace(/COMMAND$/, "URL")] = url;
    closings.push(close);
  }
  return { variables, close: async () => void (await Promise.all(closings.map((close) => close()))) };
}

/** Serves a command's tokens on loopback, with a random secret in the query, which logs and messages never repeat. */
async function serve(name: string, command: string) {
  const path = `/?key=${randomUUID()}`;
  let asked: { readonly at: number; readonly token: Promise<Token | string> } | null = null;
  const server = createServer(async (request, reply) => {
    request.resume();
    if (request.url !== path) return void reply.writeHead(404).end();
    if (asked === null || Date.now() - asked.at >= SHARED_MS)
      asked = { at: Date.now(), token: runTokenCommand(command) };
    const { at, token } = asked;
    answer(reply, await token, Date.now() - at, name);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, close };
}

/** @param age ms since the command was started, which reduces the token's remaining life. */
function answer(reply: ServerResponse, token: Token | string, age: number, name: string): void {
  const isToken = typeof token !== "string";
  const { lasts } = isToken ? token : { lasts: null };
  const body = isToken
    ? { access_token: token.token, ...(lasts === null ? {} : { expires_in: Math.max(0.001, lasts - age / 1000) }) }
    : { error: `${name}: ${token}` };
  reply.writeHead(isToken ? 200 : 502, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
