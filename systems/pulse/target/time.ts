/** A time in the gateway's format: ISO 8601 in UTC with whole seconds. @param unixMs Unix ms. */
export function timestamp(unixMs: number = Date.now()): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`;
}
