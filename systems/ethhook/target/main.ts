/** The reference pipeline as a program: `ethhook --redis redis://127.0.0.1:6379 --database postgres://…`. */
import { serve } from "../../../target/commandline.ts";
import { readFlags } from "./flags.ts";
import { startEthhook } from "./service.ts";

const { exitWithStdin, ...options } = readFlags();

await serve(
  "ethhook",
  exitWithStdin,
  () => startEthhook({ ...options, log: process.stderr }),
  ({ url }) => ({ url }),
);
