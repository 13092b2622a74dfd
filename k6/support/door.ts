import http from "k6/http";
import { type CompressionAlgorithm, type Params, WebSocket } from "k6/websockets";
import type { Access } from "./access.ts";

export interface DoorSettings {
  readonly url: string;
  /** Subprotocols to offer, in the order of preference. */
  readonly protocols?: readonly string[] | undefined;
  /** Offers permessage-deflate. */
  readonly deflate: boolean;
}

/** All that k6 says of a handshake that was not answered with 101. */
export const BAD_HANDSHAKE = "websocket: bad handshake";

/** The handshake of RFC 6455, to learn the status that a refused one had, of which k6 says only that it was bad. */
const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhyb3VnaGxpbmUga2V5IQ==",
};
const STATUS_TIMEOUT = "5s";

/** Where sockets are opened, with all that lets them in. */
export class Door {
  private readonly settings: DoorSettings;
  private readonly access: Access;

  constructor(settings: DoorSettings, access: Access) {
    this.settings = settings;
    this.access = access;
  }

  get url(): string {
    return this.settings.url;
  }

  /** Whether a token has to be asked for before a socket is opened. */
  get isDue(): boolean {
    return this.access.isDue;
  }

  /** Makes sure that there is a good token. Never rejects. */
  ready(): Promise<void> {
    return this.access.ready();
  }

  /** Until when a connection opened now may stay by its token, in Unix ms; infinite where nobody knows. */
  get endsAt(): number {
    return this.access.endsAt;
  }

  open(): WebSocket {
    return new WebSocket(this.settings.url, null, this.params);
  }

  /** What a handshake carries now. */
  get params(): Params {
    const params: Params = { tags: { name: "websocket" }, headers: this.headers };
    if (this.settings.deflate) params.compression = "deflate" as CompressionAlgorithm;
    return params;
  }

  /** The status and the headers that a handshake is answered with; 0 where that cannot be known. */
  statusNow(): { readonly status: number; readonly headers: Readonly<Record<string, string>> } {
    return read(() => http.get(this.address, this.request()));
  }

  /** A handshake was refused: finds out whether it was for the token, so that the next one has a new one. */
  async refused(): Promise<{ readonly status: number; readonly renewed: boolean }> {
    const answer = await http.asyncRequest("GET", this.address, null, this.request()).catch(() => null);
    const { status } = read(() => answer);
    if (status === 401) this.access.refused();
    return { status, renewed: status === 401 && this.access.renews && this.access.isDue };
  }

  private get address(): string {
    return this.settings.url.replace(/^ws/, "http");
  }

  private get headers(): Record<string, string> {
    const { protocols } = this.settings;
    const offered = protocols === undefined ? {} : { "Sec-WebSocket-Protocol": protocols.join(", ") };
    return { ...this.access.headers(), ...offered };
  }

  private request(): object {
    return {
      headers: { ...this.headers, ...UPGRADE },
      tags: { name: "websocket" },
      timeout: STATUS_TIMEOUT,
      redirects: 0,
      responseCallback: null,
      throw: true,
    };
  }
}

function read(ask: () => { readonly status: number; readonly headers: object } | null) {
  try {
    const answer = ask();
    return { status: answer?.status ?? 0, headers: (answer?.headers ?? {}) as Record<string, string> };
  } catch {
    return { status: 0, headers: {} };
  }
}
