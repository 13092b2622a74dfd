/** What an ingestor's queue and worker say of messages that are missing. */

import type { Account, StorageAccount } from "../../core/account.ts";
import { WORKER_KEYS } from "./wire.ts";

/** Says why rows are missing, as far as table and Redis know. */
export function explainStorage({ ending, lost, acknowledged }: Account, storage: StorageAccount): string[] {
  const causes: string[] = [];
  const { queue, problem, rows, vanished, worker } = storage;
  if (problem !== null) causes.push(`the table or Redis could not be read: ${problem}`);
  if (vanished > 0) causes.push(`${vanished} rows were there and are gone`);
  if (lost === 0) return causes;
  if (queue === null) {
    causes.push("Redis is not watched (receiver --redis): what is pending cannot be told from what is lost");
    return causes;
  }
  const { pending, buffered } = queue;
  const how = ending === null ? "" : rows === 0 ? ": no worker takes them" : ": the worker is dead, stuck or too slow";
  if (pending > 0) causes.push(`${pending} messages wait in the pending list${how}`);
  if (buffered > 0) causes.push(`${buffered} messages are in a worker's buffer (${WORKER_KEYS.buffered})`);
  const nowhere = lost - pending - buffered;
  if (ending !== null && nowhere > 0) {
    const total = worker[WORKER_KEYS.total];
    const claim = total === undefined ? "" : `; the worker says it has stored ${total} in all`;
    causes.push(
      `${nowhere} of ${acknowledged} acknowledged messages are neither rows nor pending nor buffered: they are gone${claim}`,
    );
  }
  return causes;
}

/** Says why no canary became a row; `waiting` when they are in the queue, so that it is the worker that does not work. */
export function explainUnstored({ storage }: Account): { readonly waiting: boolean; readonly why: string } {
  const { pending, buffered } = storage?.queue ?? { pending: 0, buffered: 0 };
  if (storage?.problem != null) return { waiting: false, why: storage.problem };
  if (pending + buffered > 0) {
    return {
      waiting: true,
      why: `${pending} messages are pending and ${buffered} buffered: no worker stores them, or it is too slow`,
    };
  }
  return {
    waiting: false,
    why: "they are not in the queue either: is the receiver's --database that of this ingestor, and --redis its Redis?",
  };
}
