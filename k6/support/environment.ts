/** The environment of a test, and how its values are told of. */
import { PREFIX } from "../../core/ownvariables.ts";
import { onOneLine, withoutCredentials } from "../../core/redaction.ts";
import { secretsInUrl } from "../../core/secrets.ts";
import type { Variable } from "../../core/variable.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable as it was given, with the prefix or bare. */
export function givenIn(environment: Environment, name: string): string | undefined {
  return environment[PREFIX + name] ?? environment[name];
}

/** A value as it may be printed: no secret, right or wrong, also under a misspelt name; no login of a URL. */
export function shown(name: string, text: string, meant = name): string {
  if (SECRET.test(name) || SECRET.test(meant)) return "(hidden)";
  return onOneLine(withoutCredentials(text));
}

/** The parts of a value that are secrets and that a target may repeat in a refusal. A name of a user is none. */
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
