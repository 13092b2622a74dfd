import type { Account } from "./account.ts";

/** The progress of a load. */
export interface Progress {
  readonly sent: number;
  readonly success: number;
  readonly failed: number;
  /** Rows, and acknowledged messages that are not rows yet; null where no table is observed. */
  readonly stored: number | null;
}

/** The progress in a run's account. */
export function progressOf({ published, acknowledged, refused, unknown, delivered }: Account): Progress {
  return { sent: published, success: acknowledged, failed: refused + unknown, stored: delivered };
}

const WIDTH = 32;

/**
 * A progress line: a bar, the recent rate, and the remaining time at that rate.
 *
 * @param total number of messages.
 * @param before the progress `seconds` earlier.
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
