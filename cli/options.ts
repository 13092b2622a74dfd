/** Parsers of command-line options. */
import { InvalidArgumentError, Option } from "commander";

/** An option that may be repeated: the list of its values, empty without any. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; may be repeated`)
    .argParser((value: string, earlier: readonly string[]) => [...earlier, value])
    .default([], "none");
}

/** Of a URL with one of the schemes. */
export function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text)) return text;
    throw new InvalidArgumentError(`Allowed: a URL that starts with ${schemes[0]}://`);
  };
}
