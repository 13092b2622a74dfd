import { onOneLine, withoutCredentials } from "./redaction.ts";

/**
 * A command-line parser's error message in our form: one line, without possible secrets, and with what to do.
 *
 * @param program whose help is named, e.g. `throughline run`.
 */
export function complaint(message: string, program: string): string {
  const [name = ""] = program.split(" ");
  const nameless = message.trimEnd().replace(/(unknown option '-[^=']*=)[^']*'/g, "$1(hidden)'");
  const words = withoutCredentials(nameless)
    .replace(/^error/, name)
    .replace(
      /option '(--[\w-]+)[^']*' argument '(.*)' is invalid\. allowed(?: choices are|:| is)?/is,
      "$1 $2: allowed:",
    )
    .replace(
      /option '--[^']*' value '(.*)' from env '(\w+)' is invalid\. allowed(?: choices are|:| is)?/is,
      "$2=$1: allowed:",
    )
    .replace(/required option '(--[\w-]+)[^']*' not specified/, "$1 is needed")
    .replace(/\.?\n/g, " ")
    .replace(/\.$/, "");
  return `${onOneLine(words, 1_000)}; see ${program} --help`;
}
