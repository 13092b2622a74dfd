/** The commands in the documentation, for tests that run them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./deployment.ts";

/** One block of commands. */
export interface Block {
  readonly file: string;
  readonly line: number;
  /** What it needs that not every machine has; null when every machine can run it. */
  readonly needs: string | null;
  readonly code: string;
}

/** README.md and the pages of docs/. */
export const PAGES = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The `sh` blocks of a page. @throws when a block has an unknown mark. */
export function blocksOf(file: string, text = readFileSync(join(root, file), "utf8")): Block[] {
  return [...text.matchAll(/^```(sh\b.*)\n([\s\S]*?)^```$/gm)].map(([, info = "", code = "", ..._], place, all) => {
    const line = text.slice(0, (all[place] as RegExpMatchArray).index).split("\n").length;
    const [, needs] = /^sh(?: needs=(docker|kubernetes|cloud))?$/.exec(info) ?? ["", "unknown"];
    if (needs === "unknown") throw new Error(`${file}:${line}: ${info}: allowed: sh, sh needs=docker|kubernetes|cloud`);
    return { file, line, needs: needs ?? null, code };
  });
}

/** Commands that other tests run, or that cannot run inside a test; each by its beginning. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "npm start": "test/integration/demo.test.ts runs the demo",
  "npx throughline demo": "test/integration/demo.test.ts runs the demo",
  "npm test": "it runs this test",
  "npm run build": "npm test has done it before this test",
  "npx vitest run --project unit -u": "it renews files of the checkout, which test/unit/reference.test.ts compares",
};

/** The commands of a block that a test runs; continued lines are joined. */
export function linesToRun({ code }: Block): string[] {
  const lines = code.replace(/\\\n\s*/g, "").split("\n");
  const begins = (line: string) => Object.keys(ELSEWHERE).some((start) => line.startsWith(start));
  return lines.filter((line) => line.trim() !== "" && !line.startsWith("#") && !begins(line));
}
