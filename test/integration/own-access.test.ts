/** The ways into a target of one's own: certificates by settings, and a secret that its file shows. */
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { authority } from "./certificates.ts";
import { shownBy } from "./gate.ts";
import { root } from "./k6.ts";
import { idInThisTry, recordIn, throughlineWith } from "./throughline.ts";

const FILE = `import { defineEndpoints } from "throughline";

export default defineEndpoints({
  name: "vault",
  variables: { VAULT_URL: "https://localhost:1", VAULT_TOKEN: { meaning: "who asks", secret: true } },
  address: ({ VAULT_URL }) => VAULT_URL,
  headers: ({ VAULT_TOKEN }) => ({ Authorization: \`Bearer \${VAULT_TOKEN}\` }),
  endpoints: [{ name: "health", path: "/health", fields: { status: "ok" } }],
});
`;
const SECRET = "s3cr3t-of-nobody";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-own-access-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "vault.pipeline.ts"), FILE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a client certificate and an own authority are settings of every pipeline", async () => {
  const { ca, client, server } = await authority(folder);
  const names = new Set<string | undefined>();
  const shown = new Set<string | undefined>();
  const vault = createServer(
    { ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    (request, reply) => {
      names.add(shownBy(request));
      shown.add(request.headers.authorization);
      reply.end('{"status":"ok"}');
    },
  );
  await new Promise<void>((resolve) => vault.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    vault.closeAllConnections();
    vault.close();
  });
  const url = `https://localhost:${(vault.address() as AddressInfo).port}`;
  const run = (id: string, ...settings: string[]) =>
    throughlineWith(
      { THROUGHLINE_VAULT_URL: url, THROUGHLINE_VAULT_TOKEN: SECRET },
      folder,
      ...["run", "vault", "--duration", "2s", "--run-id", id, "--out", "results"],
      ...settings.flatMap((setting) => ["--set", setting]),
    );
  const trusting = [`TARGET_CA=${ca.certFile}`, `TARGET_CERT=${client.certFile}`, `TARGET_KEY=${client.keyFile}`];
  const accepted = await run("shown", ...trusting);
  expect({ names, shown }, accepted.stderr + accepted.stdout).toEqual({
    names: new Set(["client"]),
    shown: new Set([`Bearer ${SECRET}`]),
  });
  const log = await readFile(join(folder, "results", idInThisTry("shown"), "vault.log"), "utf8");
  expect(accepted.stdout + accepted.stderr + log).not.toContain(SECRET);
  names.clear();
  const careless = await run("careless", "TARGET_INSECURE=1", ...trusting.slice(1));
  expect(names, careless.stderr + careless.stdout).toEqual(new Set(["client"]));
  const untrusting = await run("unshown", ...trusting.slice(1));
  expect(untrusting.exitCode).toBe(3);
  const { reasons } = await recordIn(join(folder, "results"), "unshown");
  expect(JSON.stringify(reasons)).toContain("certificate signed by unknown authority");
});
