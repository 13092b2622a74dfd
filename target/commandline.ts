/** What the command lines of the services have in common. */
import { InvalidArgumentError } from "commander";
import { withoutArguments } from "../workload/redaction.ts";

/** Reads the address of `--host`; Node would take an empty one for all interfaces. */
export function readHost(text: string): string {
  if (/^[A-Za-z0-9.:_-]+$/.test(text)) return text;
  throw new InvalidArgumentError("allowed is the name or the address of a network interface");
}

/** How a service complains about its command line: in one line that shows no secret. */
export function complaining(name: string) {
  return {
    outputError: (text: string, write: (text: string) => void) =>
      write(`${withoutArguments(text).replace(/^error/, name)}; see ${name} --help\n`),
  };
}
