import type { Check } from "../../../cli/doctor/check.ts";
import { credentialsOf } from "../../../cli/doctor/credentials.ts";
import { remedyForDenied } from "../../../cli/doctor/denied.ts";
import { ask } from "../../../cli/doctor/request.ts";
import { refusesCredentials } from "../../../core/refusedcredentials.ts";
import type { Settings } from "../../../k6/support/settings.ts";

const what = "ingest messages";

/**
 * Posts a message without contents, which an ingestor must reject; a rejection shows that our credentials are accepted.
 */
export async function messagesCheck(settings: Settings<"ingest">): Promise<Check> {
  const answer = await ask(`${settings.INGEST_URL}/messages`, await credentialsOf(settings, "INGEST"), {
    method: "POST",
    body: "{}",
  });
  if (typeof answer === "string") return { what, found: `POST /messages: ${answer}`, ok: false, remedy: LOG };
  const { status } = answer;
  if (status === 400 || status === 422)
    return { what, found: "POST /messages exists and accepts our credentials", ok: true };
  const found = `POST /messages {}: status ${status}`;
  if (refusesCredentials(status)) return { what, found, ok: false, remedy: remedyForDenied("INGEST") };
  if (status === 404 || status === 405) {
    return { what, found, ok: false, remedy: "--ingest-url must lead to the ingestor's root, before /messages" };
  }
  if (status < 300)
    return { what, found, ok: null, remedy: "it takes a message without contents: the run will say so" };
  return { what, found, ok: false, remedy: LOG };
}

const LOG = "look at the ingestor's log: it must refuse an empty message with 422";
