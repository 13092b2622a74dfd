/**
 * Whether this is the virtual user that k6 makes before all others: it reads the options, and setup, teardown and the
 * summary are its. The others have the same environment and carry the load; there may be thousands of them, so that
 * what only the first needs is not made for each.
 */
export const IS_FIRST = typeof __VU === "undefined" || __VU === 0;
