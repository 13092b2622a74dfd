/** The message of whatever was thrown. An AggregateError, as Node throws it for several addresses, has those of its errors. */
export function messageOf(problem: unknown): string {
  if (problem instanceof AggregateError) return problem.errors.map(messageOf).join(", ");
  if (!(problem instanceof Error)) return String(problem);
  // Node's fetch says no more than this; its cause has the address and what became of it.
  if (problem.message === "fetch failed" && problem.cause !== undefined)
    return `fetch failed: ${messageOf(problem.cause)}`;
  return problem.message;
}
