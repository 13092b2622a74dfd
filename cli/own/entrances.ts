/** A way in, as the parts of a pipeline file. */
export interface Entrance {
  readonly imports: string;
  readonly variables: string;
  readonly write: string;
  readonly publish: string;
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
