/** Parsers of command-line options. */
import { InvalidArgumentError } from "commander";

/** Of an option that may be repeated. */
export function collect(value: string, earlier: string[]): string[] {
  return [...earlier, value];
}

/** Of a URL with one of the schemes. */
export function url(...schemes: string[]): (text: string) => string {
  return (text) => {
    if (schemes.some((scheme) => text.startsWith(`${scheme}://`)) && URL.canParse(text)) return text;
    throw new InvalidArgumentError(`Allowed: a URL that starts with ${schemes[0]}://`);
  };
}
