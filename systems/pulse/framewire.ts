import { ANSWER, BETWEEN_MESSAGES, EVENT, KEY, TYPE_FIRST, TYPE_LAST } from "./frames.ts";

/** How messages are told apart and where their ids stand, for who reads them outside of a script. */
export const WIRE = {
  ...{ first: TYPE_FIRST, last: TYPE_LAST, between: BETWEEN_MESSAGES },
  ...{ event: EVENT.source, answer: ANSWER.source, key: KEY.source },
};
