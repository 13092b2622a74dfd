/** As k6 takes it: `--out x`, `--out=x`, `-o x`, `-o=x` and `-ox`. */
const FLAG = /^(?:--out(?:=|$)|-o=?)(.*)$/;

/** Flags of k6, and its outputs as `K6_OUT` takes them. */
export interface Outputs {
  readonly flags: readonly string[];
  readonly environment: { readonly K6_OUT?: string };
}

/**
 * Takes the outputs out of flags of k6: the address of one may hold a login, and every user of the machine reads
 * command lines.
 *
 * @returns all as it was where the variable could not hold them: it is a list with commas.
 */
export function outputsOf(flags: readonly string[]): Outputs {
  const rest: string[] = [];
  const outputs: string[] = [];
  for (let place = 0; place < flags.length; place++) {
    const flag = flags[place] as string;
    const [isOutput, value] = FLAG.exec(flag) ?? [];
    if (isOutput === undefined) rest.push(flag);
    else outputs.push(value || (flags[++place] ?? ""));
  }
  if (outputs.length === 0 || outputs.some((output) => output === "" || output.includes(",")))
    return { flags, environment: {} };
  return { flags: rest, environment: { K6_OUT: outputs.join(",") } };
}
