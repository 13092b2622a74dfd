/** Access to the target for the functions of a user's pipeline, from the variables TARGET_*. */

/** Prefix of these variables. */
export const OWN_PREFIX = "TARGET";

/** Access in k6 and in the receiver. */
export interface Access {
  /** Headers, cookies and the current token for a request. */
  headers(): Record<string, string>;
  /** Sends a request; after a 401, once more with the next token if there is one. */
  send<Answer extends { readonly status: number }>(
    request: (headers: Record<string, string>) => Promise<Answer>,
  ): Promise<Answer>;
}

/** In k6, for `publish` and `open`. */
export interface K6Access extends Access {
  /**
   * The parameters of a WebSocket: `new WebSocket(url, null, access.socket(url))`.
   *
   * @param url of the WebSocket: after a refused handshake, it is requested over HTTP for its status.
   */
  socket(url: string): { headers: Record<string, string>; tags: Record<string, string> };
}

/** An answer over HTTP, as from `fetch`. */
export interface FetchedAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** Certificates as PEM, as Node's modules and most clients take them. */
export interface TlsOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly rejectUnauthorized?: boolean;
}

/** In the receiver, for `rows`, `list`, `count` and `consume`. */
export interface NodeAccess extends Access {
  /** Like the global `fetch`, with headers, token and certificates. */
  fetch(
    url: string,
    init?: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    },
  ): Promise<FetchedAnswer>;
  /** For clients that open their own connections. */
  readonly tls: TlsOptions;
}
