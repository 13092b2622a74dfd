import { fetchWithLogin } from "../../../../cli/fetch.ts";
import { wait } from "./wait.ts";

/** Shares of webhooks that are answered badly, and the delay of every answer in ms. */
export interface Misbehaviour {
  readonly unavailable: number;
  readonly notFound: number;
  readonly dropped: number;
  readonly delay: number;
}

const WELL: Misbehaviour = { unavailable: 0, notFound: 0, dropped: 0, delay: 0 };
const TIMEOUT_MS = 5_000;

/** Makes a receiver misbehave for some seconds, or until interrupted. @throws when it refuses. */
export async function misbehave(
  receiver: string,
  settings: Misbehaviour,
  seconds: number,
  interrupted: AbortSignal,
): Promise<void> {
  await put(receiver, settings);
  console.log(`the receiver misbehaves for ${seconds} s: ${JSON.stringify(settings)}`);
  await wait(seconds, interrupted);
  await put(receiver, WELL);
  console.log("the receiver is well again");
}

async function put(receiver: string, settings: Misbehaviour): Promise<void> {
  const answer = await fetchWithLogin(`${receiver.replace(/\/+$/, "")}/misbehaviour`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(settings),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`${receiver}: PUT /misbehaviour: status ${answer.status}`);
}
