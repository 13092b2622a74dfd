/** A far end that could be read and cannot any more: the cause of all that cannot be judged after it. Pure. */
import type { Account } from "./account.ts";
import { number } from "./numbers.ts";
import { plainReason } from "./reason.ts";
import type { Slo } from "./slo.ts";
import { objectiveOf } from "./sloresult.ts";
import type { Condition } from "./verdict.ts";

/** The objective that such a run misses, see {@link enterAccount}. */
const SETTLED = "account_settled";

/** Puts it first, in the place of the objective that it spoils. @param slos of the run. */
export function unreadConditions(account: Account | null, slos: readonly Slo[]): readonly Condition[] {
  const { problem = null, stopped = null } = account?.farEnd ?? {};
  const slo = slos.find(({ metric }) => metric === SETTLED);
  if (account === null || problem === null || stopped === null || slo === undefined) return [];
  const { delivered } = account;
  const due = delivered + stopped.missing;
  const until = `until then ${number(delivered)} of ${number(due)} due deliveries had arrived, and ${number(stopped.missing)} had not`;
  const evidence = `${until}; whether these or what was sent later arrived cannot be judged`;
  return [
    {
      reason: plainReason(problem, { metric: SETTLED, objective: objectiveOf(slo), evidence }),
      spoils: slo.spoils ?? null,
    },
  ];
}
