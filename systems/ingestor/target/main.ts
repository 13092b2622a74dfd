/** The reference ingestor as a program: `ingestor --redis redis://127.0.0.1:6379 --database postgres://…`. */
import { serve } from "../../../target/commandline.ts";
import { readFlags } from "./flags.ts";
import { startIngestor } from "./service.ts";

const { exitWithStdin, ...options } = readFlags();
const start = () => startIngestor({ ...options, log: process.stderr });

await serve("ingestor", exitWithStdin, start, ({ url }) => ({ url }));
