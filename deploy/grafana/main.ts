/** `npm run dashboards`: writes dashboards and previews, and deletes those of removed boards. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dashboardFiles } from "./files.ts";

/** The package's folder, from dist/node/. */
const root = join(import.meta.dirname, "../..");

const files = dashboardFiles(root);
for (const folder of new Set([...files.keys()].map(dirname))) {
  mkdirSync(join(root, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder))) {
    if (!files.has(`${folder}/${name}`)) rmSync(join(root, folder, name));
  }
}
for (const [path, text] of files) {
  writeFileSync(join(root, path), text);
  console.log(path);
}
