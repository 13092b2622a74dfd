import type { measures } from "./metrics.ts";

/** Counts the status of an answer; 0 is none. */
export function countStatus(metrics: ReturnType<typeof measures<"http">>, status: number): void {
  if (status === 0) metrics.http_status_none.add(1);
  else if (status === 429) metrics.http_status_429.add(1);
  else if (status >= 500) metrics.http_status_5xx.add(1);
  else if (status >= 400) metrics.http_status_4xx.add(1);
  else if (status >= 200 && status < 300) metrics.http_status_2xx.add(1);
}
