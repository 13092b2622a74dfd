import { request as plain } from "node:http";
import { request as secure } from "node:https";
import type { Credentials } from "../../receiver/credentials.ts";

const TIMEOUT_MS = 5_000;
/** Enough for a token or an error message; the rest of a response is not read. */
const MOST_BYTES = 64 * 1024;

/** A response. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A request; GET without a body by default. */
export interface Question {
  readonly method?: string;
  readonly body?: string;
  readonly contentType?: string;
}

/**
 * Sends one request as a test would, with its headers and certificates. Does not follow redirects.
 *
 * @returns the answer, or why there is none as a text.
 */
export function ask(url: string, credentials: Credentials, question: Question = {}): Promise<Answer | string> {
  const { method = "GET", body, contentType = "application/json" } = question;
  const { headers, tls } = credentials;
  return new Promise((resolve) => {
    const send = url.startsWith("https:") ? secure : plain;
    const request = send(
      new URL(url),
      {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "Content-Type": contentType }) },
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...tls,
      },
      (response) => {
        let text = "";
        const finish = () => resolve({ status: response.statusCode ?? 0, body: text });
        response
          .setEncoding("utf8")
          .on("data", (chunk: string) => {
            text += chunk;
            if (text.length < MOST_BYTES) return;
            finish();
            request.destroy();
          })
          .once("end", finish)
          .once("error", (problem) => resolve(wordsOf(problem)));
      },
    );
    request.once("error", (problem) => resolve(wordsOf(problem))).end(body);
  });
}

function wordsOf({ name, message }: Error): string {
  return name === "AbortError" ? `no whole answer within ${TIMEOUT_MS / 1000} s` : message || "no answer";
}
