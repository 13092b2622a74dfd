import type { Check } from "../../../cli/doctor/check.ts";
import { credentialsOf } from "../../../cli/doctor/credentials.ts";
import { remedyForDenied } from "../../../cli/doctor/denied.ts";
import { ask } from "../../../cli/doctor/request.ts";
import { refusesCredentials } from "../../../core/refusedcredentials.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { endpointsOf } from "../k6/endpoints.ts";

const what = "http endpoints";

/** Requests every endpoint of the test once: an open `/health` says nothing about the others. */
export async function endpointsCheck(settings: Settings<"http">): Promise<Check> {
  const credentials = await credentialsOf(settings, "HTTP");
  const topic = { chain: settings.CHAINS[0] ?? "", block: 1, listed: false };
  const endpoints = endpointsOf(settings);
  const wrong: { readonly path: string; readonly status: number; readonly said: string }[] = [];
  for (const endpoint of endpoints) {
    const path = endpoint.path(topic);
    const answer = await ask(`${settings.HTTP_URL}${path}`, credentials);
    if (typeof answer === "string") wrong.push({ path, status: 0, said: answer });
    else if (!endpoint.statuses(topic).includes(answer.status)) {
      wrong.push({ path, status: answer.status, said: `status ${answer.status}` });
    }
  }
  const [first] = wrong;
  if (first === undefined) return { what, found: `${endpoints.length} of ${endpoints.length} answer`, ok: true };
  const more = wrong.length === 1 ? "" : ` (and ${wrong.length - 1} more of ${endpoints.length})`;
  return { what, found: `GET ${first.path}: ${first.said}${more}`, ok: false, remedy: remedyFor(wrong) };
}

function remedyFor(wrong: readonly { readonly path: string; readonly status: number }[]): string {
  const all = (test: (one: (typeof wrong)[number]) => boolean) => wrong.every(test);
  const denied = wrong.find(({ status }) => refusesCredentials(status));
  if (denied !== undefined) return remedyForDenied("HTTP");
  if (all(({ path, status }) => path.includes("/manifests") && status === 503)) {
    return "its manifest repository is away; a gateway without one needs --set MANIFESTS=0";
  }
  if (all(({ path }) => path === "/ready")) return "the gateway says that it is not ready: its own log says why";
  if (all(({ status }) => status === 404)) return "--http-url must lead to the gateway's root, before /health";
  return "look at the gateway's log; docs/http.md has what each endpoint must answer";
}
