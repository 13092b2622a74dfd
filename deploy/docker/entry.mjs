/**
 * The `throughline` command in a container. It begins as root only to become the owner of the mounted results/,
 * whoever that is on the machine: a fixed user could not write there, and root's files nobody could remove.
 */
import { mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const results = join(root, "results");

if (process.getuid?.() === 0) {
  mkdirSync(results, { recursive: true });
  const { uid, gid } = statSync(results);
  process.setgroups([gid]);
  process.setgid(gid);
  process.setuid(uid);
  // Docker leaves root's home, which this user may not enter: k6 would end there, looking for its configuration.
  process.env.HOME = tmpdir();
}
// The host's users read the list of processes, and flags may hold secrets.
process.title = "throughline";
process.chdir(root);
process.setSourceMapsEnabled(true);
await import("../../dist/node/throughline.js");
