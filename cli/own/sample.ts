/** `throughline init <name> --sent --received`: a pipeline's file made of one message and of what came of it. */
import { readFile } from "node:fs/promises";
import { bestOf, describeFates, type Fate, fatesOf, SPELLED } from "./survival.ts";
import type { Sample } from "./templates.ts";

/** What was found, and what the file is made of. */
export interface SampleComparison {
  /** For a person, line by line. */
  readonly says: readonly string[];
  readonly sample: Sample;
}

/**
 * Compares the message in one file with what came of it in another.
 *
 * @throws RangeError in one line for a file that cannot be read, or a message that has no fields.
 */
export async function compareSample(sentFile: string, receivedFile: string): Promise<SampleComparison> {
  const sent = await readSample("--sent", sentFile);
  const received = await readSample("--received", receivedFile);
  // A request has headers beside its body; what is sent is the body.
  const message = hasBody(sent) ? sent.body : sent;
  const fates = fatesOf(message, received);
  if (fates.length === 0) throw new RangeError(`--sent ${sentFile}: has no field that holds a text or a number`);
  const survivors = fates.filter(({ cameAs }) => cameAs !== null).length;
  const best = bestOf(fates);
  const says = [`${survivors} of ${fates.length} fields survive:`, ...describeFates(fates)];
  if (best === null) {
    const none = "no field survives that can carry an identity: events are only counted";
    return { says: [...says, none], sample: { write: literal(message, null), spelled: null, column: null } };
  }
  const { name, room } = SPELLED[best.spelling];
  const carried = `events carry their identity in ${best.path.join(".") || "the text"} as ${name}: it needs room for ${room}`;
  return {
    says: [...says, carried],
    sample: {
      write: literal(message, { path: best.path, name, isNumber: typeof best.value === "number" }),
      spelled: name,
      column: best.cameAs?.split(".")[0] ?? null,
    },
  };
}

/** JSON, or a text as it is. */
async function readSample(flag: string, file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (problem) {
    throw new RangeError(`${flag} ${file}: cannot be read: ${problem instanceof Error ? problem.message : problem}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

function hasBody(sent: unknown): sent is { readonly body: unknown } {
  return typeof sent === "object" && sent !== null && "headers" in sent && "body" in sent;
}

interface Place {
  readonly path: Fate["path"];
  readonly name: string;
  /** The field is a number, which must not be written as a text. */
  readonly isNumber: boolean;
}

/** Stands for a number that JavaScript could not hold. */
const STAND_IN = "#";

/** What `write` returns: the message as text, with the identity in its place. */
function literal(message: unknown, place: Place | null): string {
  const value = typeof message === "string" && /^\s*[{[]/.test(message) ? (JSON.parse(message) as unknown) : message;
  if (typeof value === "string") return place === null ? JSON.stringify(value) : place.name;
  const object = written(value, place, []);
  if (place?.isNumber !== true) return `JSON.stringify(${object})`;
  return `JSON.stringify(${object}).replace('"${STAND_IN}"', ${place.name})`;
}

function written(value: unknown, place: Place | null, path: readonly string[]): string {
  if (place !== null && path.length === place.path.length && path.every((key, at) => key === place.path[at])) {
    return place.isNumber ? JSON.stringify(STAND_IN) : place.name;
  }
  if (Array.isArray(value)) {
    return `[${value.map((inner, at) => written(inner, place, [...path, String(at)])).join(", ")}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, inner]) => {
    const name = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
    const text = written(inner, place, [...path, key]);
    return name === text ? name : `${name}: ${text}`;
  });
  return `{ ${fields.join(", ")} }`;
}
