/** Why an ingestor takes no message. Pure. */
import { isFinal, isOfAddress } from "../../core/finality.ts";
import { withoutCredentials } from "../../core/redaction.ts";

/** What a status of a posted message means for all like it, and where to look; null where the next may be taken. */
export function describeRefusedPost(url: string, status: number): string | null {
  if (!isFinal(status)) return null;
  const look = isOfAddress(status)
    ? "is INGEST_URL the root of an ingestor?"
    : "look in its log for what it wants of a message";
  return withoutCredentials(`POST ${url} is answered with status ${status}: ${look}`);
}
