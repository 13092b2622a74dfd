/**
 * What webhook tries after its load, one trial after the other: so many signals, in so many rounds. What
 * goes beyond the limit is kept out of the load, because a limit that works would spoil its success.
 */
export const TRIALS = {
  /** Signals of a fast trader: as many at once as the limits of all webhooks take, all different. */
  hft: { signals: 100, rounds: 1 },
  /** The same signal so many times at once. */
  identical: { signals: 100, rounds: 8 },
  /** The same signal a few times at once, at so many webhooks at once. */
  race: { signals: 8, webhooks: 20, rounds: 10 },
  /** A signal, the same while it is known, and the same when it is forgotten. */
  expiry: { signals: 3, rounds: 3 },
  /** Twice the limit at once. */
  limit: { signals: 20, rounds: 5 },
  /** Three times the limit for seconds. */
  overload: { signals: 150, rounds: 1 },
  /** Twice the limit at once, each from another address, if headers were believed: a round for each header. */
  headers: { signals: 20, rounds: 4 },
  /** Wrong secrets, unknown webhooks, bodies that are no signals. */
  access: { signals: 6, rounds: 1 },
  /** As many as the limits of all webhooks take, while a health monitor looks at the memory. */
  memory: { signals: 6_000, rounds: 1 },
} as const;
export type Trial = keyof typeof TRIALS;

/** All trials. */
export const EVERY_TRIAL = Object.keys(TRIALS) as Trial[];
