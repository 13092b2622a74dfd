/** Canaries that were sent to a wrong address or came out at a wrong path, in one line with what to mend. Pure. */
import type { Account } from "./account.ts";
import { isFinal, isOfAddress } from "./finality.ts";
import { PREFIX, secretNames, urlsIn } from "./ownvariables.ts";
import type { AnyPipeline } from "./pipeline.ts";
import { beginningOf, withoutCredentials } from "./redaction.ts";
import { signatureHint } from "./refusedcredentials.ts";
import { shortlist } from "./shortlist.ts";
import type { Answer } from "./transport.ts";

/** Where the user's file says what, as in `orders.pipeline.ts:7`: its variables, `events.write`, `publish`, `observe.paths`. */
export type Places = Readonly<Record<string, string>>;

interface Sent {
  readonly pipeline: AnyPipeline;
  readonly places: Places;
  /** What variables are given in this run. */
  readonly given: Readonly<Record<string, string | undefined>>;
}

/** Why every canary will be refused like this one, and what to mend; null where the next may be taken. */
export function describeRefusal(answer: Answer, answered: number, { pipeline, places, given }: Sent): string | null {
  const { status = answered, said = "", url = "" } = typeof answer === "string" ? {} : answer;
  if (!isFinal(status)) return null;
  const words = beginningOf(said === "" ? String(status) : said);
  const addresses = urlsIn(pipeline, given);
  const name = isOfAddress(status) ? variableOf(url, addresses) : null;
  const where = url === "" ? "publish()" : plain(url);
  if (name !== null) return `${where} is answered ${words}: ${mended(name, places, given)}`;
  const part = isOfAddress(status) ? "publish" : "events.write";
  return `${where} is answered ${words}: mend ${part} in ${places[part] ?? "the pipeline's file"}`;
}

/** What to mend where a variable has a wrong address. */
function mended(name: string, places: Places, given: Sent["given"]): string {
  const isGiven = given[name] !== undefined || given[PREFIX + name] !== undefined;
  const place = isGiven ? "as it is given for this run" : `in ${places[name] ?? "the pipeline's file"}`;
  return `mend ${name} ${place}, or give another: --set ${name}=...`;
}

/** The variable that an address was made of: the one that it begins with, or the only one there is. */
function variableOf(url: string, addresses: Readonly<Record<string, string>>): string | null {
  const names = Object.keys(addresses);
  const length = (name: string) => plain(addresses[name] ?? "").length;
  const [longest] = names
    .filter((name) => plain(url).startsWith(plain(addresses[name] ?? "")))
    .sort((one, other) => length(other) - length(one));
  return longest ?? (url === "" && names.length === 1 ? (names[0] as string) : null);
}

/** Without credentials, query and the slash at its end. */
function plain(url: string): string {
  return withoutCredentials(url)
    .replace(/[?#].*$/, "")
    .replace(/\/$/, "");
}

/** How many of the paths are told. */
const TOLD = 5;

/**
 * On which path canaries arrived that the pipeline does not have, why its own code refused them, what that threw in
 * reading the far end or what that answers for good, and what to change; null where there is no such thing. More
 * canaries would come no further.
 */
export function describeAstray(
  account: Account | null,
  pipeline: AnyPipeline,
  places: Places,
  given: Sent["given"] = {},
): string | null {
  const { observe } = pipeline;
  const thrown = account?.ready === 0 ? (account.farEnd?.thrown ?? null) : null;
  if (thrown !== null) return described(thrown, observe.kind, places);
  const reading = account?.ready === 0 ? (account.farEnd?.readingRefused ?? null) : null;
  if (reading !== null) {
    const { variable, said } = reading;
    return variable === null ? said : `${said}: ${mended(variable, places, given)}`;
  }
  const refused = account?.farEnd?.canaryRefused ?? null;
  // What receive() threw, and not what it answered.
  if (refused !== null && THROWN.test(refused)) return `a canary came, and ${described(refused, "receive", places)}`;
  if (refused !== null) {
    const hint = signatureHint([refused], secretNames(pipeline));
    const mend = `mend receive in ${places["observe.receive"] ?? places["observe.paths"] ?? "the pipeline's file"}, or what your system sends`;
    return `a canary came, and receive() refused it: ${refused}; ${hint === null ? "" : `${hint}; else `}${mend}`;
  }
  const [arrived] = account?.farEnd?.canariesAstray ?? [];
  if (arrived === undefined) return null;
  const isHook = observe.kind === "request";
  const place = places["observe.paths"] === undefined ? "" : ` (${places["observe.paths"]})`;
  if (isHook && arrived.startsWith("/")) {
    const all = Object.keys(observe.paths).map((path) => `/hooks/${path}`);
    return `a canary came to ${arrived} of the receiver, which takes webhooks at /hooks/ and a path: send them to ${shortlist(all, all.length, TOLD)}`;
  }
  const isOnlyHook = isHook && !("receive" in observe);
  const shown = (path: string) => (isOnlyHook ? `/hooks/${path}` : path === "" ? "no path" : path);
  const all = Object.keys(observe.paths).map(shown);
  const change = isOnlyHook ? "change where your system sends to" : "change the path that its far end gives";
  return (
    `a canary arrived on ${shown(arrived)}, and is due on ${shortlist(all, all.length, TOLD)}: ` +
    `${change}, or the names in observe.paths${place}`
  );
}

const THROWN = /^(?:\S+:\d+: )?receive\(\) throws /;

/** With the place of the function where that of the error is not known. */
function described(thrown: string, kind: string, places: Places): string {
  const place = places["observe.paths"];
  const isPlaced = /^\S+:\d+: /.test(thrown);
  return `${isPlaced || place === undefined ? "" : `${place}: `}${thrown}: mend ${kind}()`;
}
