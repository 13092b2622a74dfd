import { SharedArray } from "k6/data";
import { hiddenSecrets, hide } from "../../core/redaction.ts";
import { IS_FIRST } from "./first.ts";

/** A value on its way to another virtual user, and what must not be repeated of it. */
interface Parcel<Value> {
  readonly value: Value;
  readonly secrets: readonly string[];
}

/** k6 freezes what it hands on: of a bare text each character, 1 ms for 2 KB, and of an object its fields. */
interface Written {
  readonly json: string;
}

/**
 * What the first virtual user makes for all: the others get a copy, as JSON has it. To be called in the init context.
 *
 * @param make is called by the first alone, and by those that k6 makes for setup, teardown and the summary.
 * @param told what the others need of it; all of it unless told.
 */
export function handed<Value>(name: string, make: () => Value, told: (made: Value) => Value = (made) => made): Value {
  // A user's file may have arrays of its own.
  const shared = `throughline: ${name}`;
  if (!IS_FIRST) {
    const { json } = new SharedArray<Written>(shared, () => [])[0] as Written;
    const { value, secrets }: Parcel<Value> = JSON.parse(json);
    if (secrets.length > 0) hide(...secrets);
    return value;
  }
  const made = make();
  const parcel = (): Parcel<Value> => ({ value: told(made), secrets: hiddenSecrets() });
  new SharedArray<Written>(shared, () => [{ json: JSON.stringify(parcel()) }]);
  return made;
}
