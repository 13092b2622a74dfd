/** Takes requests past the router, whose hooks and parsers took a third of the time of one. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Direct } from "./kind.ts";

/** Most answers that are held for each other. */
const AT_ONCE = 100;

/** Which requests are taken, and how. Those that are not usual, such as one without a length, are the router's. */
export interface Directly {
  readonly methods: readonly string[];
  /** Their paths, with names that the router, too, would take as they are; the name is the first group. */
  readonly path: RegExp;
  readonly bodyLimit: number;
  /** The headers of one were accepted. @returns what is done when its body was read. */
  begun(request: IncomingMessage, reply: ServerResponse, name: string | undefined): (body: Buffer) => void;
  /** A sender went in the middle of a body. */
  broken(): void;
}

export function pastRouter({ methods, path, bodyLimit, begun, broken }: Directly): Direct {
  return (request, reply) => {
    const { method = "", headers } = request;
    const length = headers["content-length"];
    const isUsual = methods.includes(method) && length !== undefined && Number(length) <= bodyLimit;
    const match = isUsual ? path.exec(request.url as string) : null;
    if (match === null) return false;
    const ended = begun(request, reply, match[1]);
    // Joined at the end only: of 4 MB in small pieces, joining each took 27 s, in which nothing else was received.
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => void pieces.push(piece));
    request.on("error", broken);
    request.on("end", () => {
      // A sender that goes before it is answered has sent its request.
      request.off("error", broken);
      ended(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces));
    });
    return true;
  };
}

/** Answers a request now or later in this turn, and then does the rest. */
export type Answering = (answer: () => void, then?: () => void) => void;

/**
 * Answers requests that were read together one after the other. Between two answers their sender would fall asleep, and to
 * wake it took half of the time of a webhook.
 */
export function together(): Answering {
  let waiting: Parameters<Answering>[] = [];
  const answerAll = () => {
    const due = waiting;
    waiting = [];
    for (const [answer] of due) answer();
    for (const [, then] of due) then?.();
  };
  return (answer, then) => {
    if (waiting.push([answer, then]) === 1) setImmediate(answerAll);
    // None waits for thousands that came with it; the call that is due finds nothing, or what came since.
    else if (waiting.length === AT_ONCE) answerAll();
  };
}

/** The headers of an answer. */
export function headOf(body: string): string[] {
  if (body === "") return ["content-length", "0"];
  const type = body.startsWith("{") ? "application/json; charset=utf-8" : "text/plain; charset=utf-8";
  return ["content-type", type, "content-length", String(Buffer.byteLength(body))];
}
