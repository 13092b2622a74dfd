/** Subscriptions that did not become live, in one line with what to mend. Pure. */
import type { Places } from "./misdirection.ts";
import { secretNames } from "./ownvariables.ts";
import type { AnyPipeline } from "./pipeline.ts";
import { shortlist } from "./shortlist.ts";
import type { Word } from "./words.ts";

/** Why subscriptions are not live. */
export interface Unjoined {
  readonly why: string;
  /** Nobody refused anything, so that more time may help. */
  readonly isSilent: boolean;
}

/** How many of the texts are told. */
const TOLD = 3;
/** Handshakes that another time may be answered otherwise: too slow, too early, too many, a server that is ill or starts. */
const PASSING = /(?:^|: )the handshake with (?:408|425|429|5\d\d)$/;
const OF_LOGIN = /auth|token|credential|secret|forbid|denied|\b40[13]\b/i;

/**
 * Why a run's subscriptions are not live, as those who hold them tell; null where they tell nothing. That something
 * was refused proves that they are up, and that waiting is in vain once all who tried again have met the same; silence
 * proves neither.
 *
 * @param live how many are live, where some are.
 */
export function describeUnjoined(
  words: readonly Word[],
  pipeline: AnyPipeline,
  places: Places,
  live = "no subscription became live",
): Unjoined | null {
  const place = places["observe.open"] ?? "the pipeline's file";
  const refused = words.filter(({ kind, text }) => kind === "refused" && !PASSING.test(text)).map(({ text }) => text);
  if (refused.length > 0) {
    const secrets = refused.some((text) => OF_LOGIN.test(text)) ? secretNames(pipeline) : [];
    const login = secrets.length === 0 ? "" : `look at ${secrets.join(", ")}, else `;
    const why = `${live}: open() said: ${shortlist(refused, refused.length, TOLD)}; ${login}mend open in ${place}`;
    return { why, isSilent: false };
  }
  const passing = words.filter(({ kind }) => kind === "refused").map(({ text }) => text);
  if (!words.some(({ kind }) => kind === "silent") && passing.length === 0) return null;
  const said = passing.length === 0 ? "and nobody told failed() why" : `and said: ${passing.join(", ")}`;
  return {
    why: `${live}: open() never called live(), ${said}; mend open in ${place}, or raise CANARY_TIMEOUT where the far end needs longer to accept`,
    isSilent: true,
  };
}
