/** Servers in front of a gateway that are slow in ways that a gateway is not. */
import { readFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { execa } from "execa";

/** A running server. */
export interface Before {
  readonly url: string;
  close(): Promise<void>;
}

/** Redirects every request, after `ms`. */
export async function redirecting(gateway: string, milliseconds: number): Promise<Before> {
  const server = createServer(async (asked, reply) => {
    await pause(milliseconds);
    reply.writeHead(307, { location: `${gateway}${asked.url}` }).end();
  });
  return { url: `http://${await listening(server)}`, close: () => closing(server) };
}

/** Speaks TLS, delays each handshake by `ms`, and closes the connection after every answer. */
export async function slowTls(gateway: string, milliseconds: number, folder: string): Promise<Before> {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const self = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  await execa("openssl", [...self, "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert]);
  const tls = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (asked, reply) => {
    const on = request(`${gateway}${asked.url}`, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: "close" });
      answer.pipe(reply);
    });
    on.on("error", () => reply.destroy());
    on.end();
  });
  const inner = Number((await listening(tls)).split(":")[1]);
  const sockets = new Set<Socket>();
  // The first bytes of a client are its handshake.
  const outer = createTcpServer(async (client) => {
    sockets.add(client.on("close", () => sockets.delete(client)).on("error", () => client.destroy()));
    await pause(milliseconds);
    const way = connect(inner, "127.0.0.1", () => client.pipe(way).pipe(client));
    way.on("error", () => client.destroy());
  });
  return {
    url: `https://${await listening(outer)}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([closing(outer), closing(tls)]);
    },
  };
}

function listening(server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

function closing(server: Server): Promise<void> {
  if ("closeAllConnections" in server) (server as ReturnType<typeof createServer>).closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
