/**
 * The allowed names of runs. They become parts of URLs and folder names, so separators and a leading dot, which could
 * lead elsewhere, are not allowed.
 */
export const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
