/** Generates pipeline files for `throughline init <name>`: one way in and one way out. */

interface Entrance {
  readonly imports: string;
  readonly variables: string;
  readonly write: string;
  readonly publish: string;
}

/** A compared sample message, as `write` is to make it. */
export interface Sample {
  readonly write: string;
  /** The name of its spelling; null where it carries no identity. */
  readonly spelled: string | null;
  /** The request header with the identity; null where it is in the body. */
  readonly header: string | null;
  /** The row, frame or item that was received; null where it is no object. */
  readonly row: object | null;
}

interface Exit {
  readonly imports: string;
  readonly variables: string;
  readonly observe: string;
}

/** Ways to publish events, by the names that `--from` takes. */
export const ENTRANCES: Readonly<Record<string, Entrance>> = {
  http: {
    imports: 'import http from "k6/http";',
    variables: 'EVENTS_URL: "http://127.0.0.1:3000/events",',
    write: "JSON.stringify({ ref: id, kind, amount: random % 1_000 })",
    publish: `publish({ EVENTS_URL }, access) {
    const type = { "Content-Type": "application/json" };
    const post = (event: string) => (headers: object) =>
      http.asyncRequest("POST", EVENTS_URL, event, { headers: { ...headers, ...type } });
    return async (event) => httpAnswer(await access.send(post(event)));
  },`,
  },
  nats: {
    imports: 'import { Nats } from "k6/x/nats";',
    variables: 'NATS_URL: "nats://127.0.0.1:4222",',
    write: `({ subject: \`orders.\${kind}\`, data: JSON.stringify({ ref: id, amount: random % 1_000 }) })`,
    publish: `publish({ NATS_URL }) {
    const nats = new Nats({ servers: NATS_URL });
    // Events are written in Go, as write() does. Without JetStream: publishSeries
    return { series: (template, events, limits) => nats.jetStreamPublishSeries(template, events, limits) };
  },`,
  },
  redis: {
    imports: 'import { Streams } from "k6/x/redis-streams";',
    variables: 'REDIS_URL: "redis://127.0.0.1:6379",',
    write: '["body", JSON.stringify({ ref: id, kind, amount: random % 1_000 })]',
    publish: `publish({ REDIS_URL }) {
    const redis = new Streams({ url: REDIS_URL });
    // Entries are written in Go, as write() does.
    return { series: (template, events, limits) => redis.addSeries("events", template, events, limits) };
  },`,
  },
  websocket: {
    imports: 'import { WebSocket } from "k6/websockets";',
    variables: 'SEND_URL: "ws://127.0.0.1:3000/send",',
    write: "JSON.stringify({ ref: id, kind, amount: random % 1_000 })",
    publish: `publish({ SEND_URL }, access) {
    const socket = new WebSocket(SEND_URL, null, access.socket(SEND_URL));
    let failure: string | undefined;
    const opened = new Promise<void>((resolve) => {
      const end = (why: string) => {
        failure ??= why;
        resolve();
      };
      socket.onopen = () => resolve();
      socket.onerror = (event) => end(String(event?.error));
      socket.onclose = (event?: CloseEvent) => end(closeWords(event));
    });
    return {
      async send(event) {
        await opened;
        if (failure !== undefined) return { outcome: "unsent", said: failure };
        socket.send(event); // Without an answer of the server this is all that is known.
        return "acknowledged";
      },
      isOpen: () => failure === undefined, // One that has ended is opened anew.
      close: () => socket.close(),
    };
  },`,
  },
};

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
      const query = "select * from orders where id > $1 order by id limit 1000";
      const { rows } = await pool.query<{ id: string }>(query, [after ?? 0]);
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
    async list({ LIST_URL }, access) {
      const orders = (await (await access.fetch(LIST_URL)).json()) as { id: string }[];
      return orders.map((order) => ({ id: order.id, text: JSON.stringify(order) }));
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
};

/** Used where rows have no key. */
const COUNT_OF_ROWS: Pick<Exit, "observe"> = {
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

/**
 * Generates a pipeline file.
 *
 * @param from a name of {@link ENTRANCES}.
 * @param to a name of {@link EXITS}.
 * @param sample a message of the user's system, instead of an invented one.
 */
export function template(name: string, from: string, to: string, sample?: Sample): string {
  const entrance = ENTRANCES[from] as Entrance;
  const exit = sample === undefined ? (EXITS[to] as Exit) : exitFor(to, sample);
  const used = (text: string, ...names: string[]) =>
    names.filter((name) => text.includes(name.split(" ").at(-1) ?? ""));
  const ours = [
    ...used(entrance.publish + exit.observe, "type CloseEvent", "closeWords"),
    "definePipeline",
    ...used(entrance.publish, "httpAnswer"),
  ].join(", ");
  const imports = [...new Set([entrance.imports, exit.imports, `import { ${ours} } from "throughline";`])];
  const variables = [entrance.variables, exit.variables].filter((line) => line !== "");
  return `${imports.filter((line) => line !== "").join("\n")}
${to === "table" ? "\nlet pool: pg.Pool | undefined;\n" : ""}
export default definePipeline({
  name: "${name}",
  variables: {
    ${variables.join("\n    ")}
  },
  events: {
    attributes: ${sample === undefined ? '{ kind: ["a", "b"] }' : "{}"},
    write: ${sample === undefined ? `({ id, kind, random }) => ${entrance.write}` : writeOf(from, sample)},
  },
  ${entrance.publish}
  ${exit.observe}
});
`;
}

function writeOf(from: string, { write, spelled }: Sample): string {
  const event = spelled === null ? "" : `{ ${spelled} }`;
  const wires: Readonly<Record<string, string>> = {
    nats: `({ subject: "orders", data: ${write} })`,
    redis: `["body", ${write}]`,
  };
  return `(${event}) => ${wires[from] ?? write}`;
}

/** A far end with one path that takes all events: one message cannot show what paths select. */
function exitFor(to: string, { spelled, header, row }: Sample): Exit {
  const exit = EXITS[to] as Exit;
  if (spelled === null) return to === "table" ? { ...exit, ...COUNT_OF_ROWS } : (EXITS["count"] as Exit);
  const observe = exit.observe
    .replace(/ *\/\/ POST .*/, " // POST http://<receiver>/hooks/all")
    .replace(
      /paths: \{ a: .*\},\n/,
      `paths: { all: {} },\n${to === "webhook" && header !== null ? receiveOf(header) : ""}`,
    );
  return { ...exit, observe: withKey(observe, to, row) };
}

/** `receive` for identities that are not in the request's body. */
function receiveOf(header: string): string {
  return `    receive: ({ headers }) => ({ path: "all", text: headers[${JSON.stringify(header.toLowerCase())}] ?? "" }),\n`;
}

/** Replaces the key `id` of the template if the sample's key has another name or is no number. */
function withKey(observe: string, to: string, row: object | null): string {
  const columns = Object.entries(row ?? {});
  if ((to !== "table" && to !== "list") || columns.length === 0) return observe;
  const [key, value] =
    columns.find(([name]) => name === "id") ??
    columns.find(([name]) => /(^|[^a-z])(id|no|number|seq|key)$/i.test(name.replaceAll(/([a-z])([A-Z])/g, "$1_$2"))) ??
    (columns[0] as [string, unknown]);
  const column = /^[a-z_][a-z0-9_]*$/.test(key) ? key : `"${key.replaceAll('"', '""')}"`;
  const sorted = /^-?\d+$/.test(String(value)) ? column : `${column}::text`;
  const query = `select * from orders where ${sorted} > $1 order by ${sorted} limit 1000`;
  const property = /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  return observe
    .replace(/"select .* limit 1000"/, query.includes('"') ? `'${query}'` : `"${query}"`)
    .replace("after ?? 0", sorted === column ? "after ?? 0" : 'after ?? ""')
    .replaceAll("{ id: string }", `{ ${property.startsWith(".") ? key : JSON.stringify(key)}: string }`)
    .replace("row.id", `row${property}`)
    .replace("order.id", `order${property}`);
}
