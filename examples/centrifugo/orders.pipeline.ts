import http from "k6/http";
import { WebSocket } from "k6/websockets";
import { definePipeline, httpAnswer } from "throughline";
export default definePipeline({
  name: "orders",
  variables: {
    API_URL: "http://127.0.0.1:8000/api/publish",
    API_KEY: { meaning: "the key of Centrifugo's HTTP API", secret: true, fallback: "only-for-tests" },
    WS_URL: "ws://127.0.0.1:8000/connection/websocket",
  },
  events: {
    attributes: { region: ["eu", "us", "apac"] },
    write: ({ id, region, random }) => ({ channel: `orders:${region}`, data: { ref: id, customer: random % 5_000 } }),
  },
  publish({ API_URL, API_KEY }) {
    const params = { headers: { "X-API-Key": API_KEY, "X-Centrifugo-Error-Mode": "transport" } };
    return async (event) => httpAnswer(await http.asyncRequest("POST", API_URL, JSON.stringify(event), params));
  },
  observe: {
    kind: "subscription",
    paths: { eu: { region: "eu" }, us: { region: "us" }, apac: { region: "apac" } },
    order: { per: "region" },
    open({ env, access, path, live, arrived, failed }) {
      const socket = new WebSocket(env.WS_URL, null, access.socket(env.WS_URL));
      socket.onopen = () => socket.send('{"id":1,"connect":{}}');
      socket.onmessage = (event) => {
        for (const line of String(event?.data).split("\n")) {
          if (line === "{}") socket.send("{}");
          else if (line.includes('"push"')) arrived(line, event?.timestamp);
          else if (line.includes('"error"')) failed(line);
          else if (line.includes('"connect"')) socket.send(`{"id":2,"subscribe":{"channel":"orders:${path}"}}`);
          else if (line.includes('"subscribe"')) live();
        }
      };
      socket.onerror = (event) => failed(String(event?.error));
      socket.onclose = () => failed("Centrifugo closed the connection");
      return socket;
    },
  },
});
