/// <reference path="../../k6/types/k6-x-sockets.d.ts" />

/** The globals of k6 that settings look at; tests always give the environment themselves, and have no virtual users. */
declare const __ENV: Readonly<Record<string, string>>;
declare const __VU: number | undefined;
