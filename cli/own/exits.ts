/** A far end, as the parts of a pipeline file. */
export interface Exit {
  readonly imports: string;
  readonly variables: string;
  readonly observe: string;
}

/** Far ends, by the names that `--to` takes. */
export const EXITS: Readonly<Record<string, Exit>> = {
  webhook: {
    imports: "",
    variables: "",
    observe: `observe: {
    kind: "request", // POST http://<receiver>/hooks/a, /hooks/b and /hooks/all
    paths: { a: { kind: "a" }, b: { kind: "b" }, all: {} },
  },`,
  },
  table: {
    imports: 'import pg from "pg";',
    variables: 'DATABASE_URL: "postgres://postgres@127.0.0.1:5432/postgres",',
    observe: `observe: {
    kind: "rows",
    paths: { orders: {} },
    async rows(after, { DATABASE_URL }) {
      // An idle connection that breaks is replaced by the next query.
      pool ??= new pg.Pool({ connectionString: DATABASE_URL }).on("error", () => {});
      // No value comes before the keys of every type.
      const where = after === null ? "" : "where id > $1";
      const query = \`select * from orders \${where} order by id limit 1000\`;
      const { rows } = await pool.query<{ id: string }>(query, after === null ? [] : [after]);
      return rows.map((row) => ({ id: row.id, text: JSON.stringify(row) }));
    },
  },`,
  },
  list: {
    imports: "",
    variables: 'LIST_URL: "http://127.0.0.1:3000/orders",',
    observe: `observe: {
    kind: "list",
    paths: { orders: {} },
    // Every look reads all of it; where the answer wraps its list, take it out: (...).items
    async list({ LIST_URL }, access) {
      const orders = (await (await access.fetch(LIST_URL)).json()) as { id: string }[];
      return orders.map((order) => ({ id: order.id, text: JSON.stringify(order) }));
    },
  },`,
  },
  cursor: {
    imports: "",
    variables: 'ITEMS_URL: "http://127.0.0.1:3000/orders",',
    observe: `observe: {
    kind: "rows", // asks for what came after the last item of the answer before
    paths: { orders: {} },
    async rows(after, { ITEMS_URL }, access) {
      const answer = await access.fetch(after === null ? ITEMS_URL : \`\${ITEMS_URL}?after=\${after}\`);
      const { items } = (await answer.json()) as { items: { id: string }[] };
      return items.map((order) => ({ id: order.id, text: JSON.stringify(order) }));
    },
  },`,
  },
  count: {
    imports: "",
    variables: 'COUNT_URL: "http://127.0.0.1:3000/orders/count",',
    observe: `observe: {
    kind: "count",
    paths: { all: {} },
    async count({ COUNT_URL }, access) {
      return Number(await (await access.fetch(COUNT_URL)).text());
    },
  },`,
  },
  stream: {
    imports: 'import { connect } from "@nats-io/transport-node";',
    variables: 'OUT_URL: "nats://127.0.0.1:4222",',
    observe: `observe: {
    kind: "stream",
    paths: { delivered: {} },
    async consume({ OUT_URL }, arrived, _access, failed) {
      // What comes while it connects anew would be missed.
      const connection = await connect({ servers: OUT_URL, reconnect: false });
      connection.closed().then((problem) => failed(String(problem ?? "closed")));
      connection.subscribe("delivered.>", { callback: (_, message) => arrived(message.string()) });
      return connection;
    },
  },`,
  },
  websocket: {
    imports: 'import { WebSocket } from "k6/websockets";',
    variables: 'WS_URL: "ws://127.0.0.1:3000/ws",',
    observe: `observe: {
    kind: "subscription",
    paths: { a: { kind: "a" }, b: { kind: "b" } },
    open({ env, access, path, live, arrived, failed }) {
      const socket = new WebSocket(env.WS_URL, null, access.socket(env.WS_URL));
      socket.onopen = () => {
        socket.send(JSON.stringify({ subscribe: path }));
        live();
      };
      socket.onmessage = (event) => arrived(String(event?.data), event?.timestamp);
      socket.onerror = (event) => failed(String(event?.error));
      socket.onclose = (end?: CloseEvent) => failed(closeWords(end));
      return socket;
    },
  },`,
  },
  reported: {
    imports: "",
    variables: "",
    observe: `observe: {
    // Reports: POST {"arrivals":[{"path":"all","text":"..."}]} to http://<receiver>/runs/<run id>/observed
    kind: "reported", // run it with --run-id <run id>
    paths: { all: {} },
  },`,
  },
};

/** The far ends of a kind, as in `kind: "rows"`, by which the pages and files call them. */
export function exitsOfKind(kind: string): readonly string[] {
  return Object.keys(EXITS).filter((name) => EXITS[name]?.observe.includes(`kind: "${kind}"`));
}

/** Used where rows have no key. */
export const COUNT_OF_ROWS: Pick<Exit, "observe"> = {
  observe: `observe: {
    kind: "count",
    paths: { orders: {} },
    async count({ DATABASE_URL }) {
      // An idle connection that breaks is replaced by the next query.
      pool ??= new pg.Pool({ connectionString: DATABASE_URL }).on("error", () => {});
      const { rows } = await pool.query<{ count: string }>("select count(*) from orders");
      return Number(rows[0]?.count);
    },
  },`,
};
