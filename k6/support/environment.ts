/** The environment of a test, and how its values are told of. */
import { onOneLine, secretsInUrl, withoutCredentials } from "../../core/redaction.ts";
import type { Variable } from "../../core/variable.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable may also be given with this prefix, where the bare name is taken. */
export const PREFIX = "THROUGHLINE_";

/** A variable as it was given, with the prefix or bare. */
export function givenIn(environment: Environment, name: string): string | undefined {
  return environment[PREFIX + name] ?? environment[name];
}

/** Secrets are never printed, not even wrong ones, nor under a name that was meant for one; nor is who logs in to a URL. */
export function shown(name: string, text: string, meant = name): string {
  if (SECRET.test(name) || SECRET.test(meant)) return "(hidden)";
  return onOneLine(withoutCredentials(text));
}

/** What of a variable a target may repeat when it refuses it. Who somebody is, is no secret. */
export function secretsIn(
  name: string,
  text: string,
  { credential, hidden = false }: Pick<Variable<unknown>, "credential" | "hidden">,
): readonly string[] {
  const isSecret = hidden || (credential && !/_(?:USER|URL)$/.test(name));
  const inUrls = [text, ...text.split(",")].flatMap(secretsInUrl);
  return isSecret ? [text.trim(), ...inUrls] : inUrls;
}

const SECRET = /TOK|PASS|SECRET|CRED|KEY|AUTH|HEADER|COOKIE|BASIC/i;
