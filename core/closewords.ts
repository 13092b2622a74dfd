import { onOneLine } from "./redaction.ts";

/** A WebSocket's close event; k6 leaves the code out if there was none. */
export interface CloseEvent {
  readonly code?: number;
  readonly reason?: string;
}

/** k6 reports most closes as an error first, in this form. */
const CLOSE_ERROR = /^websocket: close (\d+)(?: \([^)]*\))?(?:: (.*))?$/s;

/** The words of such an error; of other errors the unchanged text. */
export function failureWords(error: string): string {
  const [, code, reason] = CLOSE_ERROR.exec(error) ?? [];
  return code === undefined ? error : closeWords({ code: Number(code), ...(reason === undefined ? {} : { reason }) });
}

/** Longest reason in a close frame, in bytes. */
const LONGEST_REASON = 123;

/** How a connection was closed, in the words of the side that closed it: `1008 quota`. */
export function closeWords({ code, reason = "" }: CloseEvent = {}): string {
  if (code === undefined) return "closed without a close frame";
  // 1006 is never sent: it stands for a connection that broke.
  if (code === 1006) return "broke off without a close frame (1006)";
  return onOneLine(reason === "" ? `${code}` : `${code} ${reason}`, LONGEST_REASON + 5);
}
