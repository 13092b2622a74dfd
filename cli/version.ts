import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";

const PackageSchema = v.looseObject({ version: v.string() });

/** The version of Throughline, as its package has it. @param root folder of the package. */
export async function ownVersion(root: string): Promise<string> {
  return v.parse(PackageSchema, JSON.parse(await readFile(join(root, "package.json"), "utf8"))).version;
}
