/** The variables of a user's file, and how its functions see them. */
import { secretsInUrl } from "./redaction.ts";

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
