#!/usr/bin/env node
/** The `throughline` command. In a clone it makes what is missing first; a package brings all but bin/k6. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bootstrap.mjs";

// Every user of the machine reads the list of processes: it shows the command, and not what its flags are told.
const words = process.argv.slice(2);
const flag = words.findIndex((word) => word.startsWith("-"));
process.title = ["throughline", ...words.slice(0, flag < 0 ? words.length : flag)].join(" ");

const isClone = existsSync(join(import.meta.dirname, "build.mjs"));
if (isClone && !existsSync(join(import.meta.dirname, "node_modules/esbuild"))) {
  console.error("throughline: packages are missing: npm ci");
  process.exit(3);
}
if (isClone) bundle();
process.setSourceMapsEnabled(true);
await import("./dist/node/throughline.js");
