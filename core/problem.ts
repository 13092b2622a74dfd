/** The message of whatever was thrown. An AggregateError, as Node throws it for several addresses, has those of its errors. */
export function messageOf(problem: unknown): string {
  if (problem instanceof AggregateError) return problem.errors.map(messageOf).join(", ");
  if (!(problem instanceof Error)) return String(problem);
  // Node's fetch says no more than this; its cause has the address and what became of it.
  if (problem.message === "fetch failed" && problem.cause !== undefined)
    return `fetch failed: ${messageOf(problem.cause)}`;
  return problem.message;
}

const UNREAD: Readonly<Record<string, string>> = {
  ENOENT: "there is none of that name",
  EISDIR: "it is a folder; allowed: a file",
  ENOTDIR: "a part of its path is a file",
  EACCES: "this user may not; permit reading it",
};

/** Why a file was not read, in words instead of a code of the operating system. */
export function whyUnread(problem: unknown): string {
  const { code = "" } = problem as { code?: string };
  return `cannot be read: ${UNREAD[code] ?? messageOf(problem)}`;
}
