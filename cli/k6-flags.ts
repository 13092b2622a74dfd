/** Flags of k6 that may hold secrets: every user of the machine reads command lines, and only its own an environment. */

/** As k6 takes them: `--out x`, `--out=x`, `-o x`, `-o=x` and `-ox`, and behind others without a value: `-qo x`. */
const OUTPUT = /^(?:--out(?:=|$)|-([hlpqvw]*)o=?)(.*)$/s;
const VARIABLE = /^(?:--env(?:=|$)|-([hlpqvw]*)e=?)(.*)$/s;
/** Where logs and traces go and secrets come from: one each, which k6 takes from its environment as well. */
const PLACES: Readonly<Record<string, RegExp>> = {
  K6_LOG_OUTPUT: /^--log-output(?:=|$)()(.*)$/s,
  K6_TRACES_OUTPUT: /^--traces-output(?:=|$)()(.*)$/s,
  K6_SECRET_SOURCE: /^--secret-source(?:=|$)()(.*)$/s,
};

/** A variable; one without a sign is empty. */
const PAIR = /^([a-z_]\w*)(?:=(.*))?$/is;
/** What the process of k6 itself reads in its environment; said by a flag, only scripts see it. */
const OF_THE_PROCESS =
  /^(?:(?:K6|SSL|LD|DYLD|XDG|OTEL|LC)_.*|GO(?:GC|DEBUG|MAXPROCS|MEMLIMIT|TRACEBACK)|\w+_PROXY|SSLKEYLOGFILE|REQUEST_METHOD|PATH|PWD|HOME|TMPDIR|TZ|LANG|TERM|NO_COLOR|LOCALDOMAIN|RES_OPTIONS)$/i;
/** Whether scripts see the environment at all. */
const SHOWS_ENVIRONMENT = /^--include-system-env-vars/;

/** Flags that k6 is given, and what the others of them say in its environment. */
export interface K6Flags {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Takes outputs, variables and the places of logs and secrets out of flags of k6: the address of an output may hold a
 * login, and a variable be a token.
 *
 * @returns as it was what would mean something else in the environment.
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
  // The variable is a list with commas.
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

/** The values of flags of one form, where they are to be taken, and all that is left. */
function taken(flags: readonly string[], form: RegExp, isTaken: (value: string) => boolean) {
  const rest: string[] = [];
  const values: string[] = [];
  for (let place = 0; place < flags.length; place++) {
    const flag = flags[place] as string;
    const [whole, before = "", inWord] = form.exec(flag) ?? [];
    // The value of a short flag may begin at once; an empty one stands in the next word.
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
