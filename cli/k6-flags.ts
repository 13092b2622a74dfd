/**
 * Moves flags of k6 that may hold secrets into its environment: every user of the machine can read command lines, but
 * only the owner can read an environment.
 */

/**
 * All forms that k6 accepts: `--out x`, `--out=x`, `-o x`, `-o=x`, `-ox`, and after other short flags as in `-qo x`.
 */
const OUTPUT = /^(?:--out(?:=|$)|-([hlpqvw]*)o=?)(.*)$/s;
const VARIABLE = /^(?:--env(?:=|$)|-([hlpqvw]*)e=?)(.*)$/s;
/** Destinations of logs and traces and the source of secrets, which k6 also reads from its environment. */
const PLACES: Readonly<Record<string, RegExp>> = {
  K6_LOG_OUTPUT: /^--log-output(?:=|$)()(.*)$/s,
  K6_TRACES_OUTPUT: /^--traces-output(?:=|$)()(.*)$/s,
  K6_SECRET_SOURCE: /^--secret-source(?:=|$)()(.*)$/s,
};

/** A variable; without `=` its value is empty. */
const PAIR = /^([a-z_]\w*)(?:=(.*))?$/is;
/** Variables that the k6 process itself reads from its environment; as `-e` flags only scripts would see them. */
const OF_THE_PROCESS =
  /^(?:(?:K6|SSL|LD|DYLD|XDG|OTEL|LC)_.*|GO(?:GC|DEBUG|MAXPROCS|MEMLIMIT|TRACEBACK)|\w+_PROXY|SSLKEYLOGFILE|REQUEST_METHOD|PATH|PWD|HOME|TMPDIR|TZ|LANG|TERM|NO_COLOR|LOCALDOMAIN|RES_OPTIONS)$/i;
/** Whether scripts can see the environment. */
const SHOWS_ENVIRONMENT = /^--include-system-env-vars/;

/** The flags that stay on the command line, and the environment that replaces the others. */
interface K6Flags {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Moves outputs, variables and the destinations of logs and secrets into the environment: an output's address may
 * contain a login, and a variable may be a token.
 *
 * @returns unchanged flags where the environment would mean something else.
 */
export function offCommandLine(given: readonly string[]): K6Flags {
  const environment: Record<string, string> = {};
  let flags = given;
  for (const [name, form] of Object.entries(PLACES)) {
    const { rest, values } = taken(flags, form, () => true);
    if (values.length !== 1 || values[0] === "") continue;
    environment[name] = values[0] as string;
    flags = rest;
  }
  const outputs = taken(flags, OUTPUT, () => true);
  // K6_OUT is a comma-separated list.
  if (outputs.values.length > 0 && outputs.values.every((output) => output !== "" && !output.includes(","))) {
    environment["K6_OUT"] = outputs.values.join(",");
    flags = outputs.rest;
  }
  if (flags.some((flag) => SHOWS_ENVIRONMENT.test(flag))) return { flags, environment };
  const variables = taken(flags, VARIABLE, (value) => {
    const [, name] = PAIR.exec(value) ?? [];
    return name !== undefined && !OF_THE_PROCESS.test(name);
  });
  const pairs = variables.values.map((value) => PAIR.exec(value) ?? []);
  return {
    flags: variables.rest,
    environment: { ...Object.fromEntries(pairs.map(([, name, value = ""]) => [name, value])), ...environment },
  };
}

/** The values of flags of one form that `isTaken` selects, and the remaining flags. */
function taken(flags: readonly string[], form: RegExp, isTaken: (value: string) => boolean) {
  const rest: string[] = [];
  const values: string[] = [];
  for (let place = 0; place < flags.length; place++) {
    const flag = flags[place] as string;
    const [whole, before = "", inWord] = form.exec(flag) ?? [];
    // The value of a short flag may follow directly; otherwise it is the next word.
    const words = whole === undefined || inWord !== "" ? [flag] : flags.slice(place, place + 2);
    const value = inWord || (words[1] ?? "");
    if (whole !== undefined && isTaken(value)) {
      values.push(value);
      if (before !== "") rest.push(`-${before}`);
    } else rest.push(...words);
    place += words.length - 1;
  }
  return { rest, values };
}
