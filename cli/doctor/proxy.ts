/** The HTTP proxy that k6 goes through, by the rules of Go's net/http. */
import { request } from "node:http";

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 5_000;

/** The proxy for an address; null where k6 goes straight there. */
export function proxyFor(url: URL, environment: Environment = process.env): URL | null {
  const name = { "http:": "HTTP_PROXY", "ws:": "HTTP_PROXY", "https:": "HTTPS_PROXY", "wss:": "HTTPS_PROXY" }[
    url.protocol
  ];
  if (name === undefined) return null;
  const given = environment[name] ?? environment[name.toLowerCase()] ?? "";
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (given === "" || host === "localhost" || host === "::1" || host.startsWith("127.")) return null;
  const exempt = (environment["NO_PROXY"] ?? environment["no_proxy"] ?? "").toLowerCase().split(",");
  const isExempt = exempt
    .map((one) =>
      one
        .trim()
        .replace(/:\d+$/, "")
        .replace(/^\*?\.?/, ""),
    )
    .some((one) => one !== "" && (host === one || host.endsWith(`.${one}`)));
  if (isExempt || exempt.some((one) => one.trim() === "*")) return null;
  const proxy = given.includes("://") ? given : `http://${given}`;
  return URL.canParse(proxy) ? new URL(proxy) : null;
}

/**
 * Asks a proxy for an address: for its `/health` in plain HTTP, for a tunnel otherwise.
 *
 * @returns null when the answer is well, or what is wrong.
 */
export function askThrough(proxy: URL, target: URL): Promise<string | null> {
  const isPlain = target.protocol === "http:";
  const health = new URL(target);
  health.pathname = `${target.pathname.replace(/\/+$/, "")}/health`;
  const port = target.port || (/^(https|wss):$/.test(target.protocol) ? "443" : "80");
  const login = [proxy.username, proxy.password].map(decodeURIComponent).join(":");
  return new Promise((resolve) => {
    const asked = request({
      host: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port || 80,
      method: isPlain ? "GET" : "CONNECT",
      path: isPlain ? health.href : `${target.hostname}:${port}`,
      headers: {
        Host: target.host,
        ...(login === ":" ? {} : { "Proxy-Authorization": `Basic ${Buffer.from(login).toString("base64")}` }),
      },
      timeout: TIMEOUT_MS,
      agent: false,
    });
    const tell = (status: number | undefined) => {
      asked.destroy();
      resolve(
        status === 200 ? null : `${isPlain ? "GET /health" : "CONNECT"} by the proxy ${proxy.host}: status ${status}`,
      );
    };
    asked
      .once("response", (answer) => tell(answer.statusCode))
      .once("connect", (answer) => tell(answer.statusCode))
      .once("timeout", () => asked.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
      .once("error", (problem) => resolve(`the proxy ${proxy.host}: ${problem.message || "cannot be reached"}`))
      .end();
  });
}
