/** Generates pipeline files for `throughline init <name>`: one way in and one way out. */
import { ENTRANCES, type Entrance } from "./entrances.ts";
import { COUNT_OF_ROWS, EXITS, type Exit } from "./exits.ts";

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
  // Nobody can count the time of what only a number shows.
  const bounds = exit.observe.includes('kind: "count"') ? ACKNOWLEDGEMENT : `${DELIVERY}, ${ACKNOWLEDGEMENT}`;
  const variables = [entrance.variables, exit.variables].filter((line) => line !== "");
  return `${imports.filter((line) => line !== "").join("\n")}
${to === "table" ? "\nlet pool: pg.Pool | undefined;\n" : ""}
export default definePipeline({
  name: "${name}",
  variables: {
    ${variables.join("\n    ")}
  },
  events: {
    ${sample === undefined ? 'attributes: { kind: ["a", "b"] },' : ATTRIBUTES_TO_DO}
    write: ${sample === undefined ? `({ id, kind, random }) => ${entrance.write}` : writeOf(from, sample)},
  },
  ${entrance.publish}
  ${exit.observe}
  // Without a bound no latency is judged; these are in ms.
  // objectives: { ${bounds} },
});
`;
}

/** The usual bounds, for the user to set. */
const DELIVERY = 'account_delivery_p95_ms: "value < 500"';
const ACKNOWLEDGEMENT = 'publish_ack_latency_ms: "p(95) < 100"';

/** One message cannot show which of its fields differ from event to event. */
const ATTRIBUTES_TO_DO = `// A field that differs and that paths select by is an attribute: customer: ["acme", "globex"], used in write and paths.
    attributes: {},`;

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

/** Replaces the key `id` of the template if the sample's key has another name. */
function withKey(observe: string, to: string, row: object | null): string {
  const columns = Object.entries(row ?? {});
  if (!["table", "list", "cursor"].includes(to) || columns.length === 0) return observe;
  const [key] =
    columns.find(([name]) => name === "id") ??
    columns.find(([name]) => /(^|[^a-z])(id|no|number|seq|key)$/i.test(name.replaceAll(/([a-z])([A-Z])/g, "$1_$2"))) ??
    (columns[0] as [string, unknown]);
  const column = /^[a-z_][a-z0-9_]*$/.test(key) ? key : `"${key.replaceAll('"', '""')}"`;
  const written = column.replaceAll(/[\\`$]/g, "\\$&");
  const condition = column === key ? `"where ${column} > $1"` : `\`where ${written} > $1\``;
  const property = /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
  return observe
    .replace('"where id > $1"', () => condition)
    .replace("order by id limit", () => `order by ${written} limit`)
    .replaceAll("{ id: string }", `{ ${property.startsWith(".") ? key : JSON.stringify(key)}: string }`)
    .replace("row.id", `row${property}`)
    .replace("order.id", `order${property}`);
}
