/** `throughline init <name> --sent --received`: makes a pipeline file from one sent message and its received form. */

import { readFile } from "node:fs/promises";
import { whyUnread } from "../../core/problem.ts";
import { whyNoJson } from "../json.ts";
import { writerOf } from "./literal.ts";
import { parseSample, requestIn } from "./samplejson.ts";
import { bestOf, describeFates, fatesOf, SPELLED } from "./survival.ts";
import type { Sample } from "./templates.ts";

/** The result of the comparison, and the sample for the file. */
interface SampleComparison {
  /** Explanation for the user, line by line. */
  readonly says: readonly string[];
  readonly sample: Sample;
}

/**
 * Compares a sent message with what was received.
 *
 * @throws RangeError in one line for a file that cannot be read, or a message without fields.
 */
export async function compareSample(sentFile: string, receivedFile: string): Promise<SampleComparison> {
  const sent = await readSample("--sent", sentFile);
  const received = await readSample("--received", receivedFile);
  // A sample of a request includes headers; only its body is sent.
  const message = hasBody(sent) ? sent.body : sent;
  const fates = fatesOf(message, received);
  if (fates.length === 0) throw new RangeError(`--sent ${sentFile}: has no field that holds a text or a number`);
  const survivors = fates.filter(({ cameAs }) => cameAs !== null).length;
  const best = bestOf(fates);
  const says = [`${survivors} of ${fates.length} fields survive:`, ...describeFates(fates)];
  if (best === null) {
    const none = "no field survives that can carry an identity: events are only counted";
    return {
      says: [...says, none],
      sample: { write: writerOf(message, null), spelled: null, header: null, row: null },
    };
  }
  const { name, room } = SPELLED[best.spelling];
  // If several fields with the same value survive, one message cannot tell which: the identity goes into all of them.
  const places = fates
    .filter(({ value, spelling }) => value === best.value && spelling === best.spelling)
    .map(({ path }) => path);
  const named = places.map((path) => path.join(".") || "the text").join(" and ");
  const carried = `events carry their identity in ${named} as ${name}: it needs room for ${room}`;
  const [outer, header] = best.cameAs ?? [];
  return {
    says: [...says, carried],
    sample: {
      write: writerOf(message, { paths: places, name, isNumber: typeof best.value !== "string" }),
      spelled: name,
      header: hasBody(received) && outer === "headers" ? (header ?? null) : null,
      row: rowOf(received),
    },
  };
}

/** The row or item that contains the identity; in a list, the others have the same form. */
function rowOf(received: unknown): object | null {
  const one: unknown = Array.isArray(received) ? received[0] : received;
  return typeof one === "object" ? one : null;
}

/** Reads a sample: JSON, a request with its headers, or plain text. */
async function readSample(flag: string, file: string): Promise<unknown> {
  let text: string;
  try {
    // Some editors write a byte order mark.
    text = (await readFile(file, "utf8")).replace(/^\uFEFF/, "").trim();
  } catch (problem) {
    throw new RangeError(`${flag} ${file}: ${whyUnread(problem)}`);
  }
  if (text === "") throw new RangeError(`${flag} ${file}: is empty; it has to hold one message`);
  try {
    return parseSample(text);
  } catch {
    if (/^[{[]/.test(text)) throw new RangeError(`${flag} ${file}: is not JSON: ${whyNoJson(text)}`);
    return requestIn(text) ?? text;
  }
}

function hasBody(sent: unknown): sent is { readonly body: unknown } {
  return typeof sent === "object" && sent !== null && "headers" in sent && "body" in sent;
}
