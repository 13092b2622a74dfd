import * as v from "valibot";

/** Short texts, such as the values of an attribute. */
export const Texts = v.pipe(v.array(v.pipe(v.string(), v.maxLength(128))), v.maxLength(1_000), v.readonly());
