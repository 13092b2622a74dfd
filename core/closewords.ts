import { onOneLine } from "./redaction.ts";

/** What a socket says when it is closed; k6 leaves the code out where none came. */
export interface CloseEvent {
  readonly code?: number;
  readonly reason?: string;
}

/** How k6 tells of most closes as an error, before it tells of the close itself. */
const CLOSE_ERROR = /^websocket: close (\d+)(?: \([^)]*\))?(?:: (.*))?$/s;

/** The same of what k6 calls an error; any other error in its own words. */
export function failureWords(error: string): string {
  const [, code, reason] = CLOSE_ERROR.exec(error) ?? [];
  return code === undefined ? error : closeWords({ code: Number(code), ...(reason === undefined ? {} : { reason }) });
}

/** The longest reason that a close frame can carry. */
const LONGEST_REASON = 123;

/** How a connection was closed, in the words of who closed it: `1008 quota`. */
export function closeWords({ code, reason = "" }: CloseEvent = {}): string {
  if (code === undefined) return "closed without a close frame";
  // 1006 is no code that can be sent: it stands for a connection that broke.
  if (code === 1006) return "broke off without a close frame (1006)";
  return onOneLine(reason === "" ? `${code}` : `${code} ${reason}`, LONGEST_REASON + 5);
}
