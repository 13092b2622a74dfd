/** The timers of k6, by those of Node at the time of the call, which may be faked. */
export const setTimeout = (run: () => void, milliseconds: number) => globalThis.setTimeout(run, milliseconds);
export const clearTimeout = (timer: NodeJS.Timeout) => globalThis.clearTimeout(timer);
