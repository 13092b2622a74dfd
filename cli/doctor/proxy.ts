/** The HTTP proxy that k6 uses, by the rules of Go's net/http (golang.org/x/net/http/httpproxy). */
import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { BlockList, connect, isIP } from "node:net";

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 5_000;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http:": "80", "ws:": "80", "https:": "443", "wss:": "443" };

/** The proxy for an address; null where k6 connects directly. */
export function proxyFor(url: URL, environment: Environment = process.env): URL | null {
  const name = { "http:": "HTTP_PROXY", "ws:": "HTTP_PROXY", "https:": "HTTPS_PROXY", "wss:": "HTTPS_PROXY" }[
    url.protocol
  ];
  if (name === undefined) return null;
  const read = (given: string) => environment[given] || environment[given.toLowerCase()] || "";
  const given = read(name);
  if (given === "" || isExempt(url, read("NO_PROXY"))) return null;
  const proxy = given.includes("://") ? given : `http://${given}`;
  return URL.canParse(proxy) ? new URL(proxy) : null;
}

/** Whether an address is exempt from the proxy: localhost always, and whatever NO_PROXY lists. */
function isExempt(url: URL, list: string): boolean {
  const host = bare(url.hostname).toLowerCase();
  const port = url.port || (DEFAULT_PORTS[url.protocol] ?? "");
  if (host === "localhost" || host === "::1" || /^127\.[\d.]+$/.test(host)) return true;
  return list
    .toLowerCase()
    .split(",")
    .map((entry) => entry.trim())
    .some((entry) => entry === "*" || (entry !== "" && covers(entry, host, port)));
}

/** Whether one entry of NO_PROXY covers a host: a network, an address or a name, the last two with an optional port. */
function covers(entry: string, host: string, port: string): boolean {
  const [, network, bits] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (network !== undefined) return isWithin(host, network, Number(bits));
  const [, name = entry, only] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  if (only !== undefined && only !== port) return false;
  if (isIP(bare(name)) !== 0) return bare(name) === host;
  const suffix = name.replace(/^\*(?=\.)/, "");
  return suffix.startsWith(".") ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function isWithin(host: string, network: string, bits: number): boolean {
  const kinds = [isIP(host), isIP(network)];
  if (kinds[0] === 0 || kinds[0] !== kinds[1] || bits > (kinds[0] === 4 ? 32 : 128)) return false;
  const kind = kinds[0] === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, bits, kind);
  return list.check(host, kind);
}

/** A host without the brackets of IPv6 in URLs. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

/**
 * Asks a proxy for an address: GET `/health` for plain HTTP, CONNECT otherwise.
 *
 * @returns what is wrong; null when the proxy forwards the request.
 */
export function askThrough(proxy: URL, target: URL): Promise<string | null> {
  if (proxy.protocol.startsWith("socks5")) return reach(proxy);
  const isPlain = target.protocol === "http:";
  const health = new URL(target);
  health.pathname = `${target.pathname.replace(/\/+$/, "")}/health`;
  const port = target.port || (/^(https|wss):$/.test(target.protocol) ? "443" : "80");
  const login = [proxy.username, proxy.password].map(decodeURIComponent).join(":");
  return new Promise((resolve) => {
    const isSecure = proxy.protocol === "https:";
    const asked = (isSecure ? secure : plain)({
      host: bare(proxy.hostname),
      port: proxy.port || (isSecure ? 443 : 80),
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

/** Whether a SOCKS proxy accepts connections; what lies behind it only k6 tries. */
function reach(proxy: URL): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: bare(proxy.hostname), port: Number(proxy.port || 1080), timeout: TIMEOUT_MS });
    const tell = (problem: string | null) => {
      socket.destroy();
      resolve(problem);
    };
    socket
      .once("connect", () => tell(null))
      .once("timeout", () => tell(`the proxy ${proxy.host}: no answer within ${TIMEOUT_MS / 1000} s`))
      .once("error", (problem) => tell(`the proxy ${proxy.host}: ${problem.message || "cannot be reached"}`));
  });
}
