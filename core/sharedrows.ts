/** The objectives of all tests of a run, each once: the terminal and every report list and count these. Pure. */

/** What makes two objectives the same: everything but the target's words, which only one test may have. */
function keyOf<Row extends { readonly evidence?: string | undefined }>({ evidence: _, ...seen }: Row): string {
  return JSON.stringify(seen);
}

/** An objective, and the tests that have it with the same result. */
export interface SharedRow<Test, Row> {
  readonly tests: readonly Test[];
  readonly row: Row;
}

/** Tests that share an account report the same rows: equal rows become one, with the words of any. */
export function sharedRows<Row extends { readonly evidence?: string | undefined }, Test>(
  tests: readonly Test[],
  rowsOf: (test: Test) => readonly Row[],
): SharedRow<Test, Row>[] {
  const shared = new Map<string, SharedRow<Test, Row>>();
  for (const test of tests) {
    for (const row of rowsOf(test)) {
      const key = keyOf(row);
      const known = shared.get(key);
      const worded = known?.row.evidence === undefined ? row : known.row;
      shared.set(key, { tests: [...(known?.tests ?? []), test], row: worded });
    }
  }
  return [...shared.values()];
}
