/** The reference gateway as a program: `pulse --nats nats://127.0.0.1:4222`. */
import { serve } from "../../../target/commandline.ts";
import { readFlags } from "./flags.ts";
import { startGateway } from "./gateway.ts";

const { nats, stream, host, port, chainIds, faults, exitWithStdin } = readFlags();
const log = process.stderr;
const start = () => startGateway({ natsUrl: nats, stream, host, port, chainNumbers: chainIds, faults, log });

await serve("pulse", exitWithStdin, start, ({ url, wsUrl }) => ({ url, wsUrl }));
