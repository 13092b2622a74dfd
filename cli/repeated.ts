import type { Command } from "commander";

/**
 * Refuses two different values for a flag that takes one: of two lines put together, nobody knows which value was meant.
 *
 * @throws RangeError, in parsing, in one line that names both.
 */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if (option.isBoolean() || Array.isArray(option.defaultValue)) continue;
    let first: string | null = null;
    command.on(`option:${option.name()}`, (value: string) => {
      if (first !== null && first !== value) {
        throw new RangeError(`${option.long} ${value}: ${option.long} ${first} is given as well; leave one out`);
      }
      first = value;
    });
  }
  command.commands.forEach(refuseRepeated);
}
