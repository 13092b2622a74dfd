import { join } from "node:path";
import { execa } from "execa";

export const root = join(import.meta.dirname, "../..");

/** The results of a k6 command. */
export interface K6Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** The log of k6 and the script. */
  readonly log: string;
  /** The texts of errors in it. */
  readonly errors: readonly string[];
}

/** bin/k6, or the same version without extensions. */
export type K6Build = "k6" | "k6-stock";

/** Runs a k6 command to its end. @param environment of k6 itself, such as `K6_OUT`. */
export async function k6(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  build: K6Build = "k6",
  environment: Readonly<Record<string, string>> = {},
): Promise<K6Outcome> {
  const settings = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const [command = "run", ...rest] = args;
  const { exitCode, stdout, stderr } = await execa(join(root, "bin", build), [command, ...settings, ...rest], {
    cwd: root,
    reject: false,
    extendEnv: false,
    // GOGC as `throughline run` sets it: with Go's default of 100, garbage collection takes a fifth of a short run's
    // CPU.
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", GOGC: "400", ...environment },
  });
  const errors = [...stderr.matchAll(/level=error msg="((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text as string).replaceAll('\\"', '"').replaceAll("\\n", "\n").trim(),
  );
  return { exitCode, stdout, log: stderr, errors };
}

/** `k6 run` of a bundle without the control API, whose default port two processes cannot share. */
export function runBundle(
  test: string,
  variables: Readonly<Record<string, string>>,
  build?: K6Build,
  environment?: Readonly<Record<string, string>>,
) {
  return k6(["run", "--quiet", "--address", "", `dist/${test}.js`], variables, build, environment);
}
