/** The part of an opening for runs with a table. */
import * as v from "valibot";

/** The run's events are rows of the table that the receiver observes. */
export const StorageSchema = v.object({
  /** The events are hostile inputs. */
  hostile: v.boolean(),
});
export type StorageOpening = v.InferOutput<typeof StorageSchema>;
