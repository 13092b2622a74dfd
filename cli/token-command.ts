/** A command that prints a bearer token. */
import { execa } from "execa";
import { readTokenAnswer, type Token } from "../core/token.ts";
import { adopt } from "./children.ts";

/** k6 waits 10 s for a token. */
const TIMEOUT_MS = 8_000;
const MOST_BYTES = 64 * 1024;
/** The command is in a variable: it may contain a secret, and arguments are visible to every user of the machine. */
const SHELL = ["-c", 'eval "$THROUGHLINE_COMMAND"'];

/**
 * Runs a shell command once, and parses its output like a token endpoint's response.
 *
 * @returns the token, or why there is none as a text, which never contains the output, because that may be part of a
 * secret.
 */
export async function runTokenCommand(command: string): Promise<Token | string> {
  const running = execa("/bin/sh", SHELL, {
    env: { THROUGHLINE_COMMAND: command },
    stdin: "ignore",
    stderr: "ignore",
    reject: false,
    timeout: TIMEOUT_MS,
    maxBuffer: MOST_BYTES,
    detached: true,
    cleanup: false,
  });
  adopt(running);
  const { stdout, exitCode, timedOut, isMaxBuffer } = await running;
  if (timedOut) return `it did not end within ${TIMEOUT_MS / 1000} s`;
  if (isMaxBuffer) return `it prints more than ${MOST_BYTES} characters`;
  if (exitCode !== 0) return `it ended with ${exitCode ?? "a signal"}: run it by itself to see why`;
  return readTokenAnswer(200, stdout);
}
