import type { Check } from "../../../cli/doctor/check.ts";
import { credentialsOf } from "../../../cli/doctor/credentials.ts";
import { remedyForDenied } from "../../../cli/doctor/denied.ts";
import { refusesCredentials } from "../../../core/refusedcredentials.ts";
import type { Settings } from "../../../k6/support/settings.ts";

const what = "websocket handshake";
const TIMEOUT_MS = 5_000;

type Outcome = { readonly status: number } | { readonly problem: string } | "connected";

/** Opens one socket and waits for the gateway's first frame. Does not subscribe. */
export async function handshakeCheck(settings: Settings<"websocket">): Promise<Check> {
  const { WS_URL: url } = settings;
  const outcome = await handshake(settings, await credentialsOf(settings, "WS"));
  if (outcome === "connected") return { what, found: "the gateway says that we are connected", ok: true };
  if ("problem" in outcome) {
    return { what, found: outcome.problem, ok: false, remedy: "is this the path of the gateway's socket, as in /ws?" };
  }
  const { status } = outcome;
  const found = `GET ${new URL(url).pathname} is answered ${status}, not 101`;
  if (refusesCredentials(status)) return { what, found, ok: false, remedy: remedyForDenied("WS") };
  const remedy =
    status >= 500
      ? "the gateway cannot upgrade: its own log says why"
      : "--ws-url must name the path of the gateway's socket, as in /ws";
  return { what, found, ok: false, remedy };
}

async function handshake(
  { WS_URL, WS_PROTOCOLS = [], WS_DEFLATE }: Settings<"websocket">,
  { headers, tls }: Awaited<ReturnType<typeof credentialsOf>>,
): Promise<Outcome> {
  const { WebSocket } = await import("ws");
  return new Promise((resolve) => {
    const options = { headers, handshakeTimeout: TIMEOUT_MS, perMessageDeflate: WS_DEFLATE, ...tls };
    const socket = new WebSocket(WS_URL, [...WS_PROTOCOLS], options);
    const silence = setTimeout(
      () => tell({ problem: `opens, and sends nothing within ${TIMEOUT_MS / 1000} s` }),
      TIMEOUT_MS,
    );
    const tell = (outcome: Outcome) => {
      clearTimeout(silence);
      resolve(outcome);
      socket.terminate();
    };
    socket
      .once("unexpected-response", (_, response) => tell({ status: response.statusCode ?? 0 }))
      .once("message", (data) =>
        tell(isGreeting(String(data)) ? "connected" : { problem: "opens, and its first frame is not connected" }),
      )
      .once("close", (code, reason) => tell({ problem: `opens, and is closed at once: ${code} ${reason}`.trim() }))
      .on("error", (problem) => tell({ problem: problem.message || "no answer" }));
  });
}

function isGreeting(text: string): boolean {
  try {
    const frame: unknown = JSON.parse(text);
    return typeof frame === "object" && frame !== null && "type" in frame && frame.type === "connected";
  } catch {
    return false;
  }
}
