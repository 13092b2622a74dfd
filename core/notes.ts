/** Notes of a test: what has to be known to read its figures comes first, what only went as planned comes last. Pure. */

/** How a note begins that needs nobody's attention. */
export const AS_PLANNED = "as planned: ";

/** Notes with those of what went as planned last; the order is kept otherwise. */
export function byUrgency(notes: readonly string[]): readonly string[] {
  return [...attended(notes), ...notes.filter(isAsPlanned)];
}

/** The notes before the figures. */
export function attended(notes: readonly string[]): readonly string[] {
  return notes.filter((note) => !isAsPlanned(note));
}

/** The notes behind them. */
export function isAsPlanned(note: string): boolean {
  return note.startsWith(AS_PLANNED);
}
