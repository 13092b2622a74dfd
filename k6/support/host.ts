import { shortageOf } from "../../core/shortage.ts";
import type { measures } from "./metrics.ts";

type HostMeasures = ReturnType<typeof measures<"everywhere">>;

/**
 * Enters whether an attempt failed for want of something on this machine. Such an attempt is no error of the target
 * and must not be entered as one.
 *
 * @param error what was said of the attempt; null when nothing went wrong.
 */
export function isShortage(metrics: HostMeasures, error: string | null): boolean {
  const kind = error === null || error === "" ? null : shortageOf(error);
  metrics.host_shortages.add(kind === null ? 0 : 1);
  if (kind === null) return false;
  metrics[`host_${kind}`].add(1);
  return true;
}
