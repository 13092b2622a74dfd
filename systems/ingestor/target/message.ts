import * as v from "valibot";
import { characters, RANGES } from "../wire.ts";

const idUpTo = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));

/** Text that PostgreSQL cannot store unchanged is rejected. */
const ContentSchema = v.pipe(
  v.string(),
  v.check((text) => text.trim() !== "", "must not be blank"),
  v.check((text) => characters(text) <= RANGES.content, `must have at most ${RANGES.content} characters`),
  v.check((text) => !text.includes("\0"), "must not contain the character NUL"),
  v.check((text) => !/\p{Surrogate}/u.test(text), "must not contain half of a surrogate pair"),
);

/** The body of `POST /messages`. */
export const PostedSchema = v.object({
  user_id: idUpTo(RANGES.user),
  channel_id: idUpTo(RANGES.channel),
  content: ContentSchema,
});

/** A message in the pending list; an entry of any other form is poison. */
const QueuedMessageSchema = v.object({
  message_id: v.string(),
  user_id: v.number(),
  channel_id: v.number(),
  content: v.string(),
  created_at: v.pipe(v.string(), v.isoTimestamp()),
});
export type QueuedMessage = v.InferOutput<typeof QueuedMessageSchema>;

/** Parses an entry of the list; null when it is invalid. */
export function readQueued(text: string): QueuedMessage | null {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), QueuedMessageSchema), text);
  return parsed.success ? parsed.output : null;
}
