import { Nats } from "k6/x/nats";
import pg from "pg";
import { definePipeline } from "throughline";

let pool: pg.Pool | undefined;

export default definePipeline({
  name: "orders",
  variables: {
    NATS_URL: "nats://127.0.0.1:4222",
    DATABASE_URL: { meaning: "the database of the shop; a role that may only select is enough", secret: true },
  },
  events: {
    attributes: { region: ["eu", "us", "apac"] },
    write: ({ id, region, random }) => ({
      subject: `shop.orders.created.${region}`,
      data: JSON.stringify({ orderId: `ORD-${id}`, customer: { no: random % 90_000 }, totalCents: 1_990 }),
    }),
  },
  publish({ NATS_URL }) {
    const nats = new Nats({ servers: NATS_URL });
    return { series: (template, events, limits) => nats.jetStreamPublishSeries(template, events, limits) };
  },
  observe: {
    kind: "rows",
    paths: { "sales.purchase_orders": {} },
    async rows(after, { DATABASE_URL }) {
      // An idle connection that breaks is replaced by the next query.
      pool ??= new pg.Pool({ connectionString: DATABASE_URL }).on("error", () => {});
      const query = "select row_no, order_id from sales.purchase_orders where row_no > $1 order by row_no limit 1000";
      const { rows } = await pool.query<{ row_no: string; order_id: string }>(query, [after ?? 0]);
      return rows.map(({ row_no, order_id }) => ({ id: row_no, text: order_id }));
    },
  },
});
