/** Flags of k6 that may hold secrets: every user of the machine reads command lines, and only its own an environment. */

/** As k6 takes them: `--out x`, `--out=x`, `-o x`, `-o=x` and `-ox`. */
const OUTPUT = /^(?:--out(?:=|$)|-o=?)(.*)$/s;
const VARIABLE = /^(?:--env(?:=|$)|-e=?)(.*)$/s;

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
 * Takes outputs and variables out of flags of k6: the address of an output may hold a login, and a variable be a token.
 *
 * @returns as it was what would mean something else in the environment.
 */
export function offCommandLine(given: readonly string[]): K6Flags {
  const outputs = taken(given, OUTPUT, () => true);
  // The variable is a list with commas.
  const fit = outputs.values.length > 0 && outputs.values.every((output) => output !== "" && !output.includes(","));
  const flags = fit ? outputs.rest : given;
  const environment = fit ? { K6_OUT: outputs.values.join(",") } : {};
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
    const [whole, inWord] = form.exec(flag) ?? [];
    // The value of a short flag may begin at once; an empty one stands in the next word.
    const words = whole === undefined || inWord !== "" ? [flag] : flags.slice(place, place + 2);
    const value = inWord || (words[1] ?? "");
    if (whole !== undefined && isTaken(value)) values.push(value);
    else rest.push(...words);
    place += words.length - 1;
  }
  return { rest, values };
}
