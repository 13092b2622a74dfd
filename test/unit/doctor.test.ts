import { describe, expect, test } from "vitest";
import { isAtLeast, type Machine, machineChecks, renderChecks } from "../../cli/doctor/checks.ts";
import type { Health } from "../../cli/result.ts";
import { invalidities } from "../../cli/run/validity.ts";

const READY: Machine = {
  node: "20.20.2",
  go: "1.26.8",
  builtK6: { version: "1.8.1", extensions: ["k6/x/redis", "k6/x/redis-streams", "k6/x/nats", "k6/x/sockets"] },
  isK6Current: true,
  pathK6: null,
  redisServer: "7.0.15",
  fds: 20_000,
  freeMemoryMb: 8_000,
  busyPorts: [],
};
const NEED = { load: "pipeline, smoke", connections: 10, ours: null, reference: true, port: 0 };

describe("doctor", () => {
  test.each([
    ["20.12", "20.12", true],
    ["20.9.0", "20.12", false],
    ["22.1", "20.12", true],
    ["1.26.8", "1.26", true],
    ["1.9", "1.26", false],
    ["nothing", "1", false],
  ])("%s against %s", (version, least, enough) => {
    expect(isAtLeast(version, least)).toBe(enough);
  });

  test("finds nothing missing where nothing is", () => {
    expect(machineChecks(READY, NEED).filter(({ ok }) => ok === false)).toEqual([]);
  });

  test.each<[string, Partial<Machine>, number, string, string]>([
    ["an old Node", { node: "18.1.0" }, 10, "node", "https://nodejs.org"],
    ["no Go and no k6 of ours", { go: null, builtK6: null }, 10, "go", "https://go.dev/dl"],
    ["no k6 at all", { go: null, builtK6: null }, 10, "k6", "any k6 1.8 or later will do"],
    [
      "a k6 without an extension",
      { builtK6: { version: "1.8.1", extensions: ["k6/x/redis", "k6/x/redis-streams"] } },
      10,
      "k6",
      "npm run build",
    ],
    [
      "an old k6 on the PATH",
      { go: "1.20", builtK6: null, pathK6: { version: "1.7.1", extensions: [] } },
      10,
      "k6",
      "any k6 1.8 or later",
    ],
    ["too few files", { fds: 1_024 }, 2_000, "open files", "ulimit -n 65536"],
    ["too little memory", { freeMemoryMb: 700 }, 10_000, "free memory", "LOAD_SCALE"],
  ])("names %s and how to get what is missing", (_, changes, connections, what, remedy) => {
    const missing = machineChecks({ ...READY, ...changes }, { ...NEED, connections }).filter(({ ok }) => ok === false);
    expect(missing.find((one) => one.what === what)?.remedy).toContain(remedy);
  });

  const others = { go: null, builtK6: null };
  test.each<[string, Partial<Machine>, boolean | null, string]>([
    ["ours", {}, true, "bin/k6, 1.8.1: runs every test"],
    [
      "ours from before there was a module",
      { builtK6: { version: "1.8.1", extensions: ["k6/x/redis", "k6/x/redis-streams", "k6/x/nats"] } },
      null,
      "bin/k6, 1.8.1: runs every test; websocket not by the quicker dist/sockets.js, for want of k6/x/sockets",
    ],
    [
      "ours of older sources",
      { isK6Current: false },
      null,
      "bin/k6, 1.8.1: runs every test; of other sources than xk6/ has now",
    ],
    ["ours of which nobody can tell the sources", { isK6Current: null }, true, "bin/k6, 1.8.1: runs every test"],
    [
      "another of a later major version",
      { ...others, pathK6: { version: "2.2.0", extensions: [] } },
      true,
      "k6 on the PATH, 2.2.0: runs ingest, http, websocket, webhook; not redis and nats, for want of k6/x/redis and k6/x/redis-streams and k6/x/nats",
    ],
    [
      "another with an extension",
      { ...others, pathK6: { version: "1.10.0", extensions: ["k6/x/redis", "k6/x/redis-streams"] } },
      true,
      "k6 on the PATH, 1.10.0: runs redis, ingest, http, websocket, webhook; not nats, for want of k6/x/nats",
    ],
    [
      "one too old",
      { ...others, pathK6: { version: "1.7.1", extensions: [] } },
      false,
      "k6 on the PATH, 1.7.1: too old, 1.8 or later is needed",
    ],
  ])("names k6 and what it can run: %s", (_, changes, ok, found) => {
    const check = machineChecks({ ...READY, ...changes }, NEED).find(({ what }) => what === "k6");
    expect([check?.ok, check?.found]).toEqual([ok, found]);
  });

  test("needs no k6 that the first run can build", () => {
    const checks = machineChecks({ ...READY, builtK6: null }, NEED);
    expect(checks.filter(({ ok }) => ok === false)).toEqual([]);
    expect(renderChecks(checks)).toMatch(
      /^note +k6 +not built yet; Go is there -> the first run, or canary, that needs it builds it/m,
    );
  });

  test("needs neither Go nor bin/k6 where the k6 of the PATH will do, and says why where it will not", () => {
    const machine = {
      ...READY,
      go: null,
      builtK6: null,
      pathK6: { version: "1.8.1", extensions: [] },
      redisServer: null,
    };
    const own = { ...NEED, reference: false };
    const checks = machineChecks(machine, own);
    expect(checks.filter(({ ok }) => ok === false)).toEqual([]);
    expect(checks.map(({ what }) => what)).not.toContain("redis-server");
    const [k6] = machineChecks(machine, { ...own, ours: "a.ts imports k6/x/nats" }).filter(({ what }) => what === "k6");
    expect(k6).toMatchObject({
      ok: false,
      found: expect.stringMatching(/^k6 on the PATH, 1.8.1: runs ingest, http, /),
    });
    expect(k6?.remedy).toBe("a.ts imports k6/x/nats; with Go 1.26 the first run builds one");
  });

  test.each<[string, number, readonly number[], boolean]>([
    ["is free", 4_900, [4_800], true],
    ["is taken", 4_900, [4_900], false],
    ["may be any", 0, [4_800], true],
  ])("the port that a target sends to %s", (_, port, busyPorts, ok) => {
    const check = machineChecks({ ...READY, busyPorts }, { ...NEED, port }).find(({ what }) => what === "ports");
    expect(check?.ok).toBe(ok);
    if (ok === false) expect(check?.remedy).toContain("--receiver-port");
  });

  test("needs no Go once k6 is built, and no redis-server", () => {
    const checks = machineChecks({ ...READY, go: null, redisServer: null }, NEED);
    expect(checks.filter(({ ok }) => ok === false)).toEqual([]);
    expect(renderChecks(checks)).toMatch(
      /^note +redis-server +not found -> reference pipelines with a Redis need one/m,
    );
  });
});

describe("a measurement", () => {
  const busy = (cpu: number, role: Health["role"] = "generator", seconds = 10): Health => ({
    process: "k6 nats",
    role,
    samples: Array.from({ length: seconds }, (_, place) => ({
      at: place * 1_000,
      cpu,
      rssMb: null,
      threads: null,
      fds: null,
      connections: null,
    })),
    events: [],
  });
  const found = (changes: Partial<Parameters<typeof invalidities>[0]>) =>
    invalidities({ health: [], cores: 2, ...changes }).map(({ reason }) => reason.text);

  test("by saturated generators is INVALID, all processes together", () => {
    expect(found({ health: [busy(95), busy(90)] })).toEqual([
      "the load generators were saturated: k6 used 93 % of 2 cores in half of all seconds",
    ]);
  });

  test.each<[string, Health[]]>([
    ["generators with a reserve", [busy(80), busy(80)]],
    ["a busy target", [busy(199, "target")]],
    ["a busy moment", [busy(199, "generator", 3)]],
  ])("with %s is not", (_, health) => {
    expect(found({ health })).toEqual([]);
  });
});
