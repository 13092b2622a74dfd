/** What the bundle of a user's pipeline is made of, beside the pipeline itself. */
export { publisherOf } from "./publisher.ts";
export { subscribersTest } from "./subscribers.ts";
export { visitorsOf } from "./visitors.ts";
