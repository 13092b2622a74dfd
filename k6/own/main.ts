/** What the bundle of a pipeline of one's own is made of, beside the pipeline itself. */
export { publisherOf } from "./publisher.ts";
export { subscribersTest } from "./subscribers.ts";
export { visitorsOf } from "./visitors.ts";
