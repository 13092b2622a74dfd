/** The receiver's writer against servers that answer as InfluxDB 2 does: to its own clients, and to those of 1.x. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Influxdb } from "../../receiver/influxdb.ts";
import { readInfluxdb } from "../../receiver/influxdb-address.ts";
import { lineOf } from "../../receiver/influxdb-client.ts";
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
    const database = readInfluxdb(`http://any:${encodeURIComponent(token)}@${host}/k6`);
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

/** Line protocol as InfluxDB 2 takes it: measurement, tags, fields, and a time in whole ms. */
const LINE =
  /^(?:[^\s,\\]|\\.)+(?:,(?:[^\s,=\\]|\\.)+=(?:[^\s,=\\]|\\.)+)* (?:(?:[^\s,=\\]|\\.)+=(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|"(?:[^"\\]|\\.)*"),?)+ \d{13}$/;

/** The write API: https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite */
async function writeApi() {
  const lines: string[] = [];
  const answers: number[] = [];
  const server = createServer((request, answer) => {
    let body = "";
    request
      .on("data", (chunk) => (body += chunk))
      .on("end", () => {
        const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
        const say = (status: number, code: string, message: string) => {
          answers.push(status);
          answer.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ code, message }));
        };
        if (request.method !== "POST" || pathname !== "/api/v2/write") return say(404, "not found", "path not found");
        if (request.headers.authorization !== `Token ${TOKEN}`)
          return say(401, "unauthorized", `unauthorized access ${".".repeat(265)} by ${request.headers.authorization}`);
        if (searchParams.get("org") !== "my org" || searchParams.get("bucket") !== "k6")
          return say(404, "not found", `bucket "${searchParams.get("bucket")}" not found`);
        const wrong = body.split("\n").find((line) => !LINE.test(line));
        if (wrong !== undefined || searchParams.get("precision") !== "ms")
          return say(400, "invalid", `unable to parse ${wrong}`);
        lines.push(...body.split("\n"));
        answers.push(204);
        return answer.writeHead(204).end();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const said: string[] = [];
  vi.spyOn(console, "error").mockImplementation((line) => void said.push(String(line)));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    vi.restoreAllMocks();
  });
  const write = (token: string, bucket = "k6") => {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const given = readInfluxdb(`http://any:${encodeURIComponent(token)}@${host}/?org=my%20org&bucket=${bucket}`);
    if (given === null) throw new Error("no address");
    const runs = new Runs(Date.now);
    runs.open("run-1", OPENING);
    const influxdb = new Influxdb(given, runs, Date.now, { every: 10, most: 500 });
    onTestFinished(() => influxdb.close());
    return influxdb;
  };
  return { lines, said, answers, write };
}

describe("by the write API of InfluxDB 2", () => {
  test("points are written with token, organisation and bucket", async () => {
    const { lines, write, said, answers } = await writeApi();
    const influxdb = write(TOKEN);
    await vi.waitFor(() => expect(influxdb.state.written).toBeGreaterThan(10), 5_000);
    expect(influxdb.state).toMatchObject({ dropped: 0, failures: 0 });
    expect(new Set(answers)).toEqual(new Set([204]));
    expect(lines.some((line) => line.startsWith("throughline_account,testid=run-1 "))).toBe(true);
    expect(said).toEqual([]);
  });

  test("a wrong token is told once, in the server's words without the token, and the points wait", async () => {
    const { write, said, answers } = await writeApi();
    const influxdb = write("wrong-t0ken");
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(3), 5_000);
    expect(said).toEqual([expect.stringMatching(/\?org=my org&bucket=k6: cannot be written to: 401 unauthorized/)]);
    expect(said[0]).not.toContain("wrong");
    expect(influxdb.state.waiting).toBeGreaterThan(0);
  });

  test("a bucket that is not there is told by its name", async () => {
    const { write, said } = await writeApi();
    write(TOKEN, "none");
    await vi.waitFor(() => expect(said).toHaveLength(1), 5_000);
    expect(said[0]).toContain('404 bucket "none" not found');
  });

  test("names and texts are written so that they are read as they were", () => {
    const fields = { value: 1.5, text: 'a "b" \\ c, d=e' };
    const tags = { "a b": "c,d=e f", empty: "" };
    const line = lineOf({ measurement: "of a run,x", tags, fields, timestamp: new Date(1_700_000_000_000) });
    expect(line).toBe(String.raw`of\ a\ run\,x,a\ b=c\,d\=e\ f value=1.5,text="a \"b\" \\ c, d=e" 1700000000000`);
    expect(line).toMatch(LINE);
  });
});
