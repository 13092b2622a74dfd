/** A worker whose vitest is gone ends, and with it what it has started: it would run its tests to their end for nobody. */
process.once("disconnect", () => process.exit(1));
