/** The step that mends what ended a test before its load, where the error proves the cause. Pure. */

/** How the causes are spelled by k6, Go, the brokers and our own checks, each with its step. The first match counts. */
const REMEDIES: readonly (readonly [spelled: RegExp, step: string])[] = [
  [/HEALTH_URL=\S+: no health monitor answers/, "start throughline health there, or leave HEALTH_URL out"],
  [/connection refused|ECONNREFUSED/i, "start what should listen at that address, or correct the address"],
  [/no such host|ENOTFOUND/i, "correct the host of that address"],
  [
    /does not look like a TLS handshake|HTTP response to HTTPS/i,
    "correct the scheme of that address: nothing there speaks TLS",
  ],
  [/\bx509:|\btls: /i, "give the certificate that it asks for, or the authority that signed its own: docs/access.md"],
  [
    /(?:status|answered) 40[17]\b|unauthorized|authorization violation|authentication required|NOAUTH|WRONGPASS/i,
    "give the login or the token that it asks for: docs/access.md",
  ],
  [
    /(?:status|answered) 403\b|forbidden|NOPERM|permissions violation/i,
    "give this login the right to do that, or take another one: docs/access.md",
  ],
  [/stream not found|no stream matches/i, "create that stream, or correct its name"],
  [/(?:status|answered) 404\b/, "correct the path of that address"],
  [/(?:status|answered) 4\d\d\b/, "change what is sent, by the words of the answer"],
  [/(?:status|answered) 5\d\d\b/, "read the target's log for the time of that answer"],
  [/node of a cluster/, "give REDIS_URL the address of the node that is named"],
  [/of \d+ publishers joined run/, "start the publishers that are missing, or give INSTANCES as many as there are"],
  [/[;:] allowed: /, "change that value"],
];

/** Whether an error says itself what to do. */
export function saysRemedy(error: string): boolean {
  return /[:;,] (?:unless .*?, )?(?:mend|look at|change|give|let) /.test(error);
}

/** What to do about the error that ended a test; null where its cause is not known for certain. */
export function remedyOf(error: string): string | null {
  return REMEDIES.find(([spelled]) => spelled.test(error))?.[1] ?? null;
}
