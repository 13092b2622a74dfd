/** What the package says to TypeScript: its own face, and the modules of bin/k6 that have no types of their own. */
/// <reference path="./k6/types/k6-x-nats.d.ts" />
/// <reference path="./k6/types/k6-x-redis.d.ts" />
export * from "./dist/lib/types/core/own.ts";
