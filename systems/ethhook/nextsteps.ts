/** What to look at when an objective of EthHook's webhooks is missed. */
import { type NextStep, worstEndpoint } from "../../core/nextstep.ts";

export const nextSteps: readonly NextStep[] = [
  [
    /^account_left_pending$/,
    () => "a worker read entries and never acknowledged them: XPENDING names them, XRANGE shows what is in them",
  ],
  [
    /^account_hasty_retries$/,
    (_, { account }) => `endpoint ${worstEndpoint(account)}: the sender tries again at once; give it a backoff`,
  ],
  [
    /^account_wrong_signatures$/,
    (_, { account }) => `endpoint ${worstEndpoint(account)}: its hmac_secret is not the receiver's --secret`,
  ],
];
