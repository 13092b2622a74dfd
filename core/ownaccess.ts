/** How the functions of a user's pipeline get into its target: what the variables TARGET_* say, ready for use. */

/** What k6 and the receiver have alike. */
export interface Access {
  /** What a request carries now: headers, cookies, and the token of this moment. */
  headers(): Record<string, string>;
  /** Sends a request, and once more with the next token where the first is answered 401 and there is a next one. */
  send<Answer extends { readonly status: number }>(
    request: (headers: Record<string, string>) => Promise<Answer>,
  ): Promise<Answer>;
}

/** In k6, for `publish` and `open`. */
export interface K6Access extends Access {
  /**
   * The parameters of a WebSocket: `new WebSocket(url, null, access.socket(url))`.
   *
   * @param url where it is opened: a handshake that is refused is asked for its status there.
   */
  socket(url: string): { headers: Record<string, string>; tags: Record<string, string> };
}

/** An answer over HTTP, as `fetch` gives it. */
export interface FetchedAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** Certificates as PEM, in the form that Node's own modules and most clients take. */
export interface TlsOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly rejectUnauthorized?: boolean;
}

/** In the receiver, for `rows`, `list`, `count` and `consume`. */
export interface NodeAccess extends Access {
  /** As the global function, with all that lets us in: headers, token and certificates. */
  fetch(
    url: string,
    init?: {
      readonly method?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    },
  ): Promise<FetchedAnswer>;
  /** For clients that open connections by themselves. */
  readonly tls: TlsOptions;
}
