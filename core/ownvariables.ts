/** The variables of a user's file, and how its functions see them. */
import { withoutCredentials } from "./redaction.ts";
import { secretsInUrl } from "./secrets.ts";

/** The variables of a run: those declared in the file, and the rest of the environment. */
export type Environment<Names extends string = never> = Readonly<Record<Names, string>> &
  Readonly<Record<string, string | undefined>>;

/** A variable: its default, or its meaning with more details. Without `fallback` it is required. */
export type VariableOf = string | { readonly meaning: string; readonly fallback?: string; readonly secret?: boolean };

/** Every variable may also be given with this prefix, in case its bare name is taken. */
export const PREFIX = "THROUGHLINE_";

/** The variables as the functions of the file see them, with defaults. */
export function environmentOf<Names extends string>(
  { variables }: { readonly variables?: Readonly<Record<Names, VariableOf>> },
  given: Readonly<Record<string, string | undefined>>,
): Environment<Names> {
  const declared = Object.entries<VariableOf>(variables ?? {}).map(([name, variable]) => {
    const fallback = typeof variable === "string" ? variable : variable.fallback;
    return [name, given[PREFIX + name] ?? given[name] ?? fallback];
  });
  return { ...given, ...Object.fromEntries(declared) };
}

/** What a file declares of variables. */
interface Declaring {
  readonly variables?: Readonly<Record<string, VariableOf>> | undefined;
}

/** The variables of a file that are addresses, as `NAME=URL`, without those that have no value. */
export function addressesIn(
  declaring: Declaring,
  given: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.entries(urlsIn(declaring, given)).map(([name, url]) => `${name}=${withoutCredentials(url)}`);
}

/** The values of the variables whose names end in URL, by name. */
export function urlsIn(
  { variables = {} }: Declaring,
  given: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const values = environmentOf({ variables }, given);
  const named = Object.keys(variables).filter((name) => /(?:^|_)URL$/.test(name));
  return Object.fromEntries(named.flatMap((name) => (values[name] ? [[name, values[name]]] : [])));
}

/** The variables that a file declares secret. */
export function secretNames({ variables = {} }: Declaring): readonly string[] {
  return Object.keys(variables).filter((name) => {
    const of = variables[name];
    return typeof of === "object" && of.secret === true;
  });
}

/** The values that must not be shown: variables declared secret, and passwords in URLs. */
export function secretsOf(
  { variables = {} }: { readonly variables?: Readonly<Record<string, VariableOf>> },
  given: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const values = environmentOf({ variables }, given);
  return Object.entries(variables).flatMap(([name, of]) => {
    const value = values[name] ?? "";
    return typeof of === "object" && of.secret === true ? [value, ...secretsInUrl(value)] : secretsInUrl(value);
  });
}
