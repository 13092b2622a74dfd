/** Shared options of the command line and their parsers. */
import { InvalidArgumentError, Option } from "commander";

/** An option that may be repeated: a list of values, empty by default. @param read parses one. */
export function repeatable(
  flags: string,
  description: string,
  read: (text: string) => string | number = String,
): Option {
  return new Option(flags, `${description}; may be repeated`)
    .argParser((value: string, earlier: readonly (string | number)[]) => [...earlier, read(value)])
    .default([], "none");
}

/** Parses a URL with one of the schemes. */
export function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text)) return text;
    throw new InvalidArgumentError(`Allowed: a URL that starts with ${schemes[0]}://`);
  };
}

/** Parses a whole number from 1 to `most`. */
export function whole(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`allowed: a whole number from 1 to ${most}`);
  };
}

/** The port of the receiver that a run starts, for targets that are configured to send to it. */
export function receiverPortOption(): Option {
  const meaning = "port of the receiver that the run starts for webhooks (default: 4800)";
  return new Option("--receiver-port <number>", meaning).argParser(whole(65_535));
}
