import type { Account } from "./account.ts";

/** How far a load has come. */
export interface Progress {
  readonly sent: number;
  readonly success: number;
  readonly failed: number;
  /** Rows, and acknowledged messages that are not yet rows; null where nobody watches the table. */
  readonly stored: number | null;
}

/** Reads the progress from the account of a run. */
export function progressOf({ published, acknowledged, refused, unknown, delivered }: Account): Progress {
  return { sent: published, success: acknowledged, failed: refused + unknown, stored: delivered };
}

const WIDTH = 32;

/**
 * A line of progress: a bar, the rate of late, and the time that is left at that rate.
 *
 * @param total how many messages there will be.
 * @param before the progress so many seconds earlier.
 */
export function progressLine(total: number, before: Progress, now: Progress, seconds: number): string {
  const share = total === 0 ? 1 : Math.min(1, now.sent / total);
  const filled = Math.round(share * WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
  const rate = seconds > 0 ? (now.sent - before.sent) / seconds : 0;
  const left = rate > 0 ? `${Math.ceil(Math.max(0, total - now.sent) / rate)}s` : "-";
  const stored =
    now.stored === null ? "" : ` | Stored: ${now.stored} | Backlog: ${Math.max(0, now.success - now.stored)}`;
  return (
    `[${bar}] ${now.sent}/${total} (${(share * 100).toFixed(1)}%) | Rate: ${Math.round(rate)} msg/s | ` +
    `Success: ${now.success} | Failed: ${now.failed} | ETA: ${left}${stored}`
  );
}
