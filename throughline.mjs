#!/usr/bin/env node
/** The `throughline` command in a clone: makes what is missing, then hands over in this process. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { buildK6, bundle } from "./bootstrap.mjs";

if (!existsSync(join(import.meta.dirname, "node_modules/esbuild"))) {
  console.error("throughline: packages are missing: npm ci");
  process.exit(3);
}
bundle();
const [command, ...args] = process.argv.slice(2);
const helps = args.includes("--help") || args.includes("-h");
if ((command === "run" || command === "demo") && !helps) buildK6();
process.setSourceMapsEnabled(true);
await import("./dist/node/throughline.js");
