/** Checks the result of a user's `publish`. */

import type { AnyPipeline } from "./pipeline.ts";
import { withoutCredentials } from "./redaction.ts";
import type { Answer, Outcome, Send, SeriesSender } from "./transport.ts";

type EventSender = (wire: unknown) => Promise<Answer>;
type BatchSender = (wires: readonly unknown[]) => Promise<readonly Answer[]>;

/** Sends events, whichever form the user's file returned. */
export type UserSender = (
  | { readonly send: EventSender; readonly batch?: undefined; readonly series?: undefined }
  | { readonly batch: BatchSender; readonly send?: undefined; readonly series?: undefined }
  | { readonly series: SeriesSender; readonly send?: undefined; readonly batch?: undefined }
) & {
  readonly close?: (() => unknown) | undefined;
  readonly isOpen?: (() => boolean) | undefined;
};

/** @throws RangeError in one line for a result that cannot send. */
export function senderOf({ name }: Pick<AnyPipeline, "name">, given: Send<unknown>): UserSender {
  if (typeof given === "function") return { send: given };
  const { send, batch, series, close, isOpen } = (given ?? {}) as Partial<
    Record<"send" | "batch" | "series" | "close" | "isOpen", unknown>
  >;
  if (typeof series === "function") return { series: (...events) => series.call(given, ...events) };
  const ending = {
    ...(typeof close === "function" ? { close: () => close.call(given) as unknown } : {}),
    ...(typeof isOpen === "function" ? { isOpen: () => isOpen.call(given) as boolean } : {}),
  };
  if (typeof batch === "function") return { batch: (wires) => batch.call(given, wires), ...ending };
  if (typeof send === "function") return { send: (wire) => send.call(given, wire), ...ending };
  const what = (given as unknown) instanceof Promise ? "a promise; it may not be async" : "nothing that sends";
  throw new RangeError(
    `pipeline ${name}: publish: returns ${what}; allowed: a function, { send }, { batch } or { series }`,
  );
}

const OUTCOMES: readonly Outcome[] = ["acknowledged", "refused", "unknown", "unsent"];

/** @throws RangeError in one line for an invalid answer, which would otherwise count as acknowledged. */
export function answerOf({ name }: Pick<AnyPipeline, "name">, given: Answer): Answer {
  const outcome: unknown = typeof given === "object" && given !== null ? given.outcome : given;
  if (OUTCOMES.includes(outcome as Outcome)) return given;
  const what =
    typeof outcome === "string" ? JSON.stringify(withoutCredentials(outcome).slice(0, 40)) : String(typeof outcome);
  throw new RangeError(
    `pipeline ${name}: publish: what it sends with answers ${what}; allowed: ${OUTCOMES.join(", ")}`,
  );
}
