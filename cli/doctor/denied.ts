/** What to do when credentials are refused. @param prefix prefix of the test's variables, e.g. `WS`. */
export function remedyForDenied(prefix: string): string {
  return `set THROUGHLINE_${prefix}_TOKEN, ${prefix}_BASIC, ${prefix}_HEADERS or what docs/access.md names`;
}
