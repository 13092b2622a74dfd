import { join } from "node:path";
import { execa } from "execa";

export const root = join(import.meta.dirname, "../..");

/** What a k6 command left behind. */
export interface K6Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** All that k6 and the script logged. */
  readonly log: string;
  /** Of these, the texts of errors. */
  readonly errors: readonly string[];
}

/** Which k6: ours, or the same version without any extension. */
export type K6Build = "k6" | "k6-stock";

/** Runs a k6 command to its end. @param environment what k6 itself is told, as in `K6_OUT`. */
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
    // GOGC as throughline run sets it: with Go's own 100 a fifth of a short run's CPU is the collector's.
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", GOGC: "400", ...environment },
  });
  const errors = [...stderr.matchAll(/level=error msg="((?:[^"\\]|\\.)*)"/g)].map(([, text]) =>
    (text as string).replaceAll('\\"', '"').replaceAll("\\n", "\n").trim(),
  );
  return { exitCode, stdout, log: stderr, errors };
}

/** `k6 run` of a bundle, without the control API, whose fixed port two processes cannot share. */
export function runBundle(
  test: string,
  variables: Readonly<Record<string, string>>,
  build?: K6Build,
  environment?: Readonly<Record<string, string>>,
) {
  return k6(["run", "--quiet", "--address", "", `dist/${test}.js`], variables, build, environment);
}
