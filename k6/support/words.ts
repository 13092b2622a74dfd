import http from "k6/http";
import { describeWords, type Word, type Words } from "../../core/words.ts";
import { RECEIVER_TAGS } from "./clock.ts";
import type { Run } from "./run.ts";

interface WordSettings {
  readonly test: string;
  readonly RECEIVER_URL?: string | undefined;
}

/** Tells the receiver in what words the target refused this virtual user; without one, whoever reads the log. */
export async function tellWords({ test, RECEIVER_URL: receiver }: WordSettings, run: Run, words: Words): Promise<void> {
  const told = words.take();
  if (told.length === 0) return;
  if (receiver === undefined) {
    for (const line of describeWords(told)) console.warn(line);
    return;
  }
  const headers = { "Content-Type": "application/json" };
  await http.asyncRequest("POST", `${receiver}/runs/${run.id}/words`, JSON.stringify({ test, words: told }), {
    ...RECEIVER_TAGS,
    headers,
  });
}

/** What all virtual users of a test have told; empty when it cannot be had. */
export function fetchWords(receiver: string, runId: string, test: string): readonly Word[] {
  const answer = http.get(`${receiver}/runs/${runId}/words`, RECEIVER_TAGS);
  if (answer.status !== 200) return [];
  return (answer.json() as unknown as Readonly<Record<string, readonly Word[]>>)[test] ?? [];
}
