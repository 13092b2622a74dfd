/** The timers of k6, by those of Node as they are when they are called: faked ones too. */
export const setTimeout = (run: () => void, milliseconds: number) => globalThis.setTimeout(run, milliseconds);
export const clearTimeout = (timer: NodeJS.Timeout) => globalThis.clearTimeout(timer);
