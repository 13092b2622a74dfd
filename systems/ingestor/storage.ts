/** Explains missing messages by the ingestor's queue and worker. */

import type { Account, StorageAccount } from "../../core/account.ts";
import { WORKER_KEYS } from "./wire.ts";

type Queue = NonNullable<StorageAccount["queue"]>;

/** Why rows are missing or wrong, as far as table and Redis show. */
export function explainStorage(account: Account, storage: StorageAccount): string[] {
  const { ending, lost, open, acknowledged } = account;
  const causes: string[] = [];
  const { queue, problem, vanished, ids, worker, setBack } = storage;
  if (problem !== null) causes.push(`the table or Redis could not be read: ${problem}`);
  if (setBack != null) causes.push(describeSetBack(setBack));
  if (vanished > 0) causes.push(`${vanished} rows existed and are gone`);
  if (ids.repeated > 0)
    causes.push(`${ids.repeated} of ${ids.answered} messages were accepted under the message_id of another`);
  if (lost + open === 0) return causes;
  if (queue === null) {
    causes.push("Redis is not observed: give the receiver --redis, or pending messages cannot be told from lost ones");
    return causes;
  }
  causes.push(...explainHeld(account, storage, queue));
  if (ending !== null && lost > 0) {
    const total = worker[WORKER_KEYS.total];
    const claim = total === undefined ? "" : `; the worker says it has stored ${total} in all`;
    causes.push(
      `${lost} of ${acknowledged} acknowledged messages are neither rows nor pending nor buffered: they are gone${claim}`,
    );
  }
  return causes;
}

/** What became of rows later. */
export function changesOf(storage: StorageAccount | null): string[] {
  const changed = storage?.changed ?? 0;
  return changed === 0 ? [] : [`${changed} rows were stored intact and have changed since`];
}

function describeSetBack({ from, to }: NonNullable<StorageAccount["setBack"]>): string {
  const { total } = WORKER_KEYS;
  if (to === null) return `${total} was ${from}, and is gone`;
  return `${total} went back from ${from} to ${to}: the worker or its Redis was replaced during the run`;
}

/** Which messages are held, and by whom, if that shows. */
function explainHeld({ ending }: Account, { rows, stuck }: StorageAccount, queue: Queue): string[] {
  const { pending, buffered } = queue;
  const causes: string[] = [];
  const stands = ending === "held" ? ", and nothing has moved since" : "";
  if (pending > 0) {
    const who = rows === 0 ? ": no worker takes them" : buffered > 0 ? "" : ": the worker is dead, stuck or too slow";
    causes.push(`${pending} messages wait in the pending list${ending === null ? "" : `${who}${stands}`}`);
  }
  if (buffered > 0) causes.push(`${buffered} messages are in a worker's buffer (${WORKER_KEYS.buffered})${stands}`);
  if (stuck === null || ending === null) return causes;
  const { count, events, unreadable } = stuck;
  const strangers = count === null ? 0 : buffered - count;
  if (count !== null && count > 0 && strangers > 0) {
    causes.push(
      `the batch that is stuck holds ${count} messages of this run (events ${events.join(", ")}${count > events.length ? ", ..." : ""}) ` +
        `and ${strangers} that are not: an entry that cannot be stored holds up the others of its batch`,
    );
  }
  if (unreadable !== null)
    causes.push(`an entry of the pending list is not a valid message: ${JSON.stringify(unreadable)}`);
  return causes;
}

/** Why no canary became a row; `waiting` when canaries are in the queue, so that the worker is at fault. */
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
