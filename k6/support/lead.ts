import { IS_FIRST } from "./first.ts";

/**
 * The first virtual user leads a test: it reads the settings, decides the options, opens the run and judges it. Of all
 * that, the others load nothing.
 */
export const lead = IS_FIRST ? await import("./leading.ts") : null;
