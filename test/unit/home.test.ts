import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { homeOf } from "../../cli/home.ts";

const clone = mkdtempSync(join(tmpdir(), "throughline-clone-"));
writeFileSync(join(clone, "build.mjs"), "");
const installed = mkdtempSync(join(tmpdir(), "throughline-package-"));

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(clone, { recursive: true, force: true });
  rmSync(installed, { recursive: true, force: true });
});

test("results and baselines are kept by who works there", () => {
  const home = (root: string, cwd: string) => {
    vi.spyOn(process, "cwd").mockReturnValue(cwd);
    return homeOf(root);
  };
  expect(home(clone, clone)).toBe(clone);
  expect(home(clone, join(clone, "examples/webhooks"))).toBe(clone);
  // A link leads to the clone, and the package does not belong to it.
  expect(home(clone, "/elsewhere")).toBe("/elsewhere");
  expect(home(clone, `${clone}-beside`)).toBe(`${clone}-beside`);
  expect(home(installed, "/elsewhere")).toBe("/elsewhere");
});
