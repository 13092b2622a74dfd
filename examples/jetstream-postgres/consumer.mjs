/** Reads orders from the stream SHOP and writes each into the table sales.purchase_orders, then acknowledges it. */
import { readFileSync } from "node:fs";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import pg from "pg";

const { NATS_URL = "nats://127.0.0.1:4222", DATABASE_URL } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL }).on("error", ({ message }) => console.error(message));
await pool.query(readFileSync(new URL("schema.sql", import.meta.url), "utf8"));

const connection = await connect({ servers: NATS_URL });
const manager = await jetstreamManager(connection);
await manager.streams.add({ name: "SHOP", subjects: ["shop.orders.>"] });
await manager.consumers.add("SHOP", { durable_name: "orders", ack_policy: "explicit" });
const orders = await jetstream(connection).consumers.get("SHOP", "orders");

const insert = "insert into sales.purchase_orders (order_id, customer, total_cents) values ($1, $2, $3)";
console.log("ready");
for await (const message of await orders.consume()) {
  const { orderId, customer, totalCents } = message.json();
  await pool.query(insert, [orderId, customer.no, totalCents]);
  message.ack();
}
