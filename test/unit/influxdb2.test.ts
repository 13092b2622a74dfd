/** The receiver's writer against a server that answers as InfluxDB 2 does to clients of 1.x. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { Influxdb, readDatabase } from "../../receiver/influxdb.ts";
import { Runs } from "../../receiver/runs.ts";
import { OPENING } from "./reports.ts";

const TOKEN = "t0ken-of-nobody==";

/** A bucket that is mapped to the database k6: a token is asked for, and no database can be created. */
async function bucket() {
  const lines: string[] = [];
  let refused = 0;
  const server = createServer((request, answer) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        const url = new URL(request.url ?? "/", "http://localhost");
        const basic = Buffer.from(request.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
        const isKnown = basic.split(":")[1] === TOKEN || url.searchParams.get("p") === TOKEN;
        if (!isKnown) {
          refused++;
          answer.writeHead(401).end('{"code":"unauthorized","message":"unauthorized access"}');
        } else if (url.pathname === "/write" && url.searchParams.get("db") === "k6") {
          lines.push(...body.split("\n"));
          answer.writeHead(204).end();
        } else answer.writeHead(400).end('{"error":"not implemented: CREATE DATABASE"}');
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const said: string[] = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(String(line)));
  onTestFinished(() => void vi.restoreAllMocks());
  const write = (token: string) => {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const database = readDatabase(`http://any:${encodeURIComponent(token)}@${host}/k6`);
    if (database === null) throw new Error("no database");
    const runs = new Runs(Date.now);
    runs.open("run-1", OPENING);
    const influxdb = new Influxdb(database, runs, Date.now, { every: 10, most: 500 });
    onTestFinished(() => influxdb.close());
    return influxdb;
  };
  return { lines, said, write, refused: () => refused };
}

test("points are written with the token as the password, though no database can be created", async () => {
  const { lines, write, said } = await bucket();
  const influxdb = write(TOKEN);
  await vi.waitFor(() => expect(influxdb.state.written).toBeGreaterThan(10), 5_000);
  expect(influxdb.state).toMatchObject({ dropped: 0, failures: 0 });
  expect(lines.some((line) => line.startsWith("throughline_account,testid=run-1 "))).toBe(true);
  expect(said).toEqual([]);
});

test("a wrong token is told once, and is in no message", async () => {
  const { write, said, refused } = await bucket();
  write("wrong-t0ken");
  await vi.waitFor(() => expect(refused()).toBeGreaterThan(3), 5_000);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain("unauthorized");
  expect(said[0]).not.toContain("wrong-t0ken");
});
