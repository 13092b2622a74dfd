import http from "k6/http";
import { beginningOf, withoutCredentials } from "../../../core/redaction.ts";
import { claimsHealth } from "../answers.ts";

const LONGEST = 100;

/** What a gateway claims of its readiness while nothing comes out of it; null where it claims nothing, or is not asked. */
export function readinessClaim(url: string | undefined): string | null {
  if (url === undefined) return null;
  const answer = http.get(url, { tags: { name: "readiness" }, timeout: "5s", responseType: "text" });
  const text = String(answer.body ?? "");
  if (!claimsHealth(answer.status, text)) return null;
  return withoutCredentials(
    `meanwhile ${url} claims to be ready: it answers ${answer.status} ${beginningOf(text, LONGEST)}`,
  );
}
