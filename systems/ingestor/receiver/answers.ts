/** Results of queries on the table. Integers come as strings, which keeps all digits. */
import * as v from "valibot";

export const ColumnsSchema = v.array(v.object({ name: v.string(), type: v.string() }));
export const WholeNumber = v.pipe(v.string(), v.transform(Number), v.safeInteger());
export const IdsSchema = v.array(v.object({ id: v.string(), place: WholeNumber }));
export const SumsSchema = v.array(v.object({ bucket: v.string(), count: WholeNumber, sum: WholeNumber }));
export const SequenceSchema = v.array(v.object({ cache: WholeNumber, increment: WholeNumber }));
export const RowsSchema = v.array(
  v.object({
    id: v.string(),
    place: v.nullable(WholeNumber),
    user_id: v.nullable(v.string()),
    channel_id: v.nullable(v.string()),
    content: v.nullable(v.string()),
    inserted: v.nullable(v.number()),
  }),
);
export const NumberSchema = v.tuple([
  v.object({ value: v.pipe(v.union([v.number(), v.string()]), v.transform(Number)) }),
]);
