/** What a run is opened with whose events end up in a table. */
import * as v from "valibot";

/** A run whose events end up in the table that the receiver watches. */
export const StorageSchema = v.object({
  /** The events are hostile inputs. */
  hostile: v.boolean(),
});
export type StorageOpening = v.InferOutput<typeof StorageSchema>;
