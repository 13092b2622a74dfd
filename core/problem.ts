/** The message of whatever was thrown. An AggregateError, as Node throws it for several addresses, has those of its errors. */
export function messageOf(problem: unknown): string {
  if (problem instanceof AggregateError) return problem.errors.map(messageOf).join(", ");
  return problem instanceof Error ? problem.message : String(problem);
}
