/** Explains missing webhooks by the account, the stream and the queues. */
import type { Account, EndpointAccount, WebhookAccount } from "../../core/account.ts";
import { explainHops, type Hops, type HopsReport } from "../../core/hops.ts";

/** Refusals in a row after which senders with a circuit breaker stop. */
const BREAKER_ROW = 3;

/** Why deliveries are missing or duplicated; each cause with its evidence. */
export function explain(account: Account, hops: HopsReport | null): string[] {
  const { webhooks } = account;
  if (webhooks === null) return [];
  const stream = hops === null ? [] : explainHops(hops, account);
  if (account.lost + account.open === 0) return stream;
  const causes = [...stream, ...refusals(webhooks), ...webhooks.endpoints.flatMap(explainEndpoint)];
  if (causes.length === 0) {
    causes.push(
      hops === null
        ? "not known: neither the stream nor the queues could be read, and no request for what is missing came here"
        : "the pipeline holds nothing back: what is missing was lost between queue and receiver, or was never queued",
    );
  }
  return causes;
}

/** What else was seen of the webhooks. */
export function observations({ webhooks }: Account): string[] {
  const headers = webhooks?.unraisedHeaders ?? 0;
  return headers === 0
    ? []
    : [`${headers} second and later attempts came with an X-Webhook-Attempt that had not risen`];
}

/** Requests that the receiver rejected. */
function refusals({ wrongSignatures, signatureProblems, misbehaved, abandoned, unreadable }: WebhookAccount): string[] {
  const causes = Object.entries(unreadable).map(
    ([problem, count]) => `the receiver answered 400 to ${count} webhooks whose body it cannot read: ${problem}`,
  );
  if (wrongSignatures > 0) {
    const problems = Object.entries(signatureProblems).map(([problem, count]) => `${problem} (${count})`);
    causes.push(`${wrongSignatures} webhooks were refused because their signature is wrong: ${problems.join("; ")}`);
  }
  if (misbehaved > 0) causes.push(`${misbehaved} webhooks met scripted misbehaviour`);
  for (const [how, count] of Object.entries(abandoned)) {
    causes.push(`${count} deliveries were not sent again after their last attempt was refused: ${how}`);
  }
  return causes;
}

function explainEndpoint(endpoint: EndpointAccount): string[] {
  const { path, expected, delivered, attempts, unattempted, refusedInARow } = endpoint;
  if (expected > 0 && delivered === 0 && attempts === 0) {
    return [
      `endpoint ${path} matched nothing: ${expected} events should have; its row's contract_addresses, ` +
        "event_signatures (topic hashes, not Solidity text), chain_ids or is_active differ, or its webhook_url does not lead here",
    ];
  }
  if (unattempted === 0 || refusedInARow < BREAKER_ROW) return [];
  return [
    `${unattempted} deliveries to endpoint ${path} were never attempted, after ${refusedInARow} attempts in a row were refused: ` +
      "a breaker discards in this way",
  ];
}

/** Why no canary was delivered; `swallowed` when all canaries were accepted and nothing holds them. */
export function explainSilence(account: Account | null, hops: Hops): { causes: string[]; swallowed: boolean } {
  const { stream, groups, queues } = hops;
  if (groups.length === 0) {
    const unread = `no consumer group reads stream ${stream}: the pipeline is not running, or reads another`;
    return { causes: [unread], swallowed: false };
  }
  const causes = explainHops({ before: hops, after: hops }, null);
  if (account?.webhooks != null) causes.push(...refusals(account.webhooks));
  const waiting = Object.values(queues).some((length) => length > 0);
  if (waiting) causes.push("the pipeline cannot reach the receiver, or is refused by it: look at webhook_url");
  if (causes.length > 0) return { causes, swallowed: false };
  const swallowed =
    "every consumer group has read and acknowledged the canaries, no request came here and nothing waits: no endpoint " +
    "matches, so look at event_signatures, contract_addresses, chain_ids, is_active; or its webhook_url leads elsewhere";
  return { causes: [swallowed], swallowed: true };
}
