/**
 * What the name of a run looks like. It becomes part of URLs and the name of a folder, so that
 * nothing that leads elsewhere is ever one: no separators, and no dot at its start.
 */
export const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
