import { onOneLine } from "../../core/redaction.ts";

/** What a socket says when it is closed; k6 leaves the code out where none came. */
export interface CloseEvent {
  readonly code?: number;
  readonly reason?: string;
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
