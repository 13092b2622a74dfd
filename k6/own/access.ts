import type { Params } from "k6/http";
import { type K6Access, OWN_PREFIX } from "../../core/ownaccess.ts";
import { secretNames, secretsOf, type VariableOf } from "../../core/ownvariables.ts";
import { hide } from "../../core/redaction.ts";
import type { OWN_WAYS_IN } from "../../systems/access.ts";
import { Access } from "../support/access.ts";
import { BAD_HANDSHAKE, Door } from "../support/door.ts";

/** What a user's file says of its variables. */
interface OwnVariables {
  readonly variables?: Readonly<Record<string, VariableOf>>;
}

type SocketNames = "TARGET_PROTOCOLS" | "TARGET_DEFLATE";
type SocketSettings = {
  readonly [Name in SocketNames]?: ReturnType<(typeof OWN_WAYS_IN)[Name]["parse"]>;
};

/** The ways into the target of a user's pipeline, as its functions in k6 are given them. */
export class OwnAccess extends Access implements K6Access {
  private readonly secrets: readonly string[];
  /** Which secrets the functions have read; null where nobody looks. */
  private read: Set<string> | null = null;
  private readonly settings: SocketSettings;
  private door: Door | null = null;
  private status = 0;

  /** To be made in the init context. @throws a string of one line when what was given cannot be used. */
  constructor(settings: object, { variables = {} }: OwnVariables) {
    // A name that the file declares is the file's own, whatever it says.
    const ours = Object.fromEntries(Object.entries(settings).filter(([name]) => !(name in variables)));
    super(ours, OWN_PREFIX);
    hide(...secretsOf({ variables }, __ENV));
    this.settings = ours;
    this.secrets = secretNames({ variables });
  }

  /** A secret that is not read, as that of signatures which only the receiver checks, is no login. */
  protected override get others(): readonly string[] {
    const { secrets, read } = this;
    return read === null ? secrets : secrets.filter((name) => read.has(name));
  }

  /** The variables as the functions are given them, of which is noted which secrets they read. */
  watched<Variables extends object>(variables: Variables): Variables {
    const read = this.read ?? new Set();
    this.read = read;
    return new Proxy(variables, {
      get: (all, name) => {
        if (typeof name === "string") read.add(name);
        return Reflect.get(all, name) as unknown;
      },
    });
  }

  /** The status of the last answer to a request that was sent by {@link send}; 0 before. */
  get answered(): number {
    return this.status;
  }

  override async send<Answer extends { readonly status: number }>(
    request: (headers: Record<string, string>) => Promise<Answer>,
  ): Promise<Answer> {
    const answer = await super.send(request);
    this.status = answer.status;
    return answer;
  }

  socket(url: string) {
    const { TARGET_PROTOCOLS: protocols, TARGET_DEFLATE: deflate = false } = this.settings;
    this.door = new Door({ url, protocols, deflate }, this);
    return this.door.params as Params & { headers: Record<string, string>; tags: Record<string, string> };
  }

  /**
   * A connection ended before it was live: it may have been for its token, so that the next one has a new one.
   *
   * @param why as the connection was told to have failed.
   * @returns the status of its handshake, 0 where that cannot be known, and whether the next token is different.
   */
  async refusedOpening(why: string): Promise<{ readonly status: number; readonly renewed: boolean }> {
    if (this.door !== null && why.includes(BAD_HANDSHAKE)) return this.door.refused();
    this.refused();
    return { status: 0, renewed: this.renews && this.isDue };
  }
}
