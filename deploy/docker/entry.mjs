/**
 * The `throughline` command in a container. It starts as root only to switch to the owner of the mounted results/,
 * whoever that is on the host: a fixed user could not write there, and nobody could delete root's files.
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
  // Docker keeps root's HOME, which this user may not enter, and k6 fails if it cannot look for its configuration.
  process.env.HOME = tmpdir();
}
// Users of the host see the list of processes, and flags may contain secrets.
process.title = "throughline";
process.chdir(root);
process.setSourceMapsEnabled(true);
await import("../../dist/node/throughline.js");
