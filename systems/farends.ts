/** The list of far ends that belong to a system: adding one is one line here, under the name of its part in an opening. */
export { webhooks } from "./ethhook/receiver/farend.ts";
export { storage } from "./ingestor/receiver/farend.ts";
