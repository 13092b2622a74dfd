import http, { type Params, type RefinedResponse } from "k6/http";
import { now } from "./clock.ts";
import { latencyOf, wasRedirected } from "./latency.ts";

/** Parameters as k6 takes them; its types leave some out. */
type RequestParams = Readonly<Record<string, unknown>>;

/**
 * The answer to a request, and the ms that it took, with connecting, TLS and every redirect on the way; or why there is
 * none, and the status is 0 then.
 */
export type AskResult = { readonly status: number; readonly body: unknown } & (
  | { readonly answer: RefinedResponse<"text">; readonly error: null; readonly took: number }
  | { readonly answer: null; readonly error: string }
);

/**
 * Sends a request. k6 logs each one that gets no answer, tens of thousands of equal lines where a target is away or
 * this machine has no descriptor left, and with the address; here nothing is logged. Never rejects.
 */
export async function ask(
  method: string,
  url: string,
  body: string | ArrayBuffer | null,
  params: RequestParams,
): Promise<AskResult> {
  const askedAt = now();
  try {
    const answer = await http.asyncRequest(method, url, body, { ...params, throw: true } as Params);
    return answered(answer as RefinedResponse<"text">, askedAt);
  } catch (problem) {
    return unanswered(problem);
  }
}

/** The same, blocking. */
export function askAndWait(method: string, url: string, params: RequestParams): AskResult {
  const askedAt = now();
  try {
    const answer = http.request(method, url, null, { ...params, throw: true } as Params);
    return answered(answer as RefinedResponse<"text">, askedAt);
  } catch (problem) {
    return unanswered(problem);
  }
}

function answered(answer: RefinedResponse<"text">, askedAt: number): AskResult {
  // k6 times the last request of several only.
  const took = wasRedirected(answer) ? now() - askedAt : latencyOf(answer.timings);
  return { status: answer.status, body: answer.body, answer, error: null, took };
}

function unanswered(problem: unknown): AskResult {
  return { status: 0, body: null, answer: null, error: withoutAddress(String(problem)) };
}

/** An error without its address, which may hold credentials and differs among equal errors; the caller names it. */
function withoutAddress(problem: string): string {
  return problem
    .replace(/https?:\/\/[^\s"\\]*/g, "(address)")
    .replace(/^(?:GoError: )?(?:\w+ \\*"\(address\)\\*": )?/, "");
}
