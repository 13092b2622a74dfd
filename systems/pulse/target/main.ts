/** The reference gateway as a program: `pulse --nats nats://127.0.0.1:4222`. */
import { serve } from "../../../target/commandline.ts";
import { readFlags } from "./flags.ts";
import { startGateway } from "./gateway.ts";

const { nats, chainIds, exitWithStdin, ...flags } = readFlags();
const log = process.stderr;
const start = () => startGateway({ ...flags, natsUrl: nats, chainNumbers: chainIds, log });

await serve("pulse", exitWithStdin, start, ({ url, wsUrl }) => ({ url, wsUrl }));
