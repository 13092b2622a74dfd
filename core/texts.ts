import * as v from "valibot";
import { LONGEST_VALUE } from "./made.ts";
import { once } from "./once.ts";

/** Short texts, such as the values of an attribute. */
export const texts = once(() =>
  v.pipe(v.array(v.pipe(v.string(), v.maxLength(LONGEST_VALUE))), v.maxLength(1_000), v.readonly()),
);
