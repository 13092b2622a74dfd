/** The list of far ends that belong to a system, and that a receiver has beside those of pipelines of one's own. */
export type { Delivery, RefusedAttempt } from "./ethhook/receiver/endpoint.ts";
export { Endpoints } from "./ethhook/receiver/endpoints.ts";
export { HandoverSchema, Handovers } from "./ethhook/receiver/handover.ts";
export { Relay } from "./ethhook/receiver/relay.ts";
export { type Answer, RECEIVED, type Stray, type WebhookSink, webhookRoutes } from "./ethhook/receiver/webhooks.ts";
export type { Webhook } from "./ethhook/wire.ts";
export { COLUMNS, type Columns, isTableName, readColumns } from "./ingestor/receiver/columns.ts";
export { openStorage, type Storage, type StorageOptions, StorageProblem } from "./ingestor/receiver/storage.ts";
