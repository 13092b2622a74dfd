import { join } from "node:path";
import { type Service, startService } from "./service.ts";

/** Services that were started for one pipeline, and end with it. */
export class Services {
  private readonly root: string;
  private readonly logs: string;
  private readonly started: Service[] = [];
  private files = 0;

  /** @param root the folder of the repository. @param logs the folder for what they log. */
  constructor(root: string, logs: string) {
    this.root = root;
    this.logs = logs;
  }

  /** Starts one of our programs for Node. @param environment what belongs on no command line. */
  program(
    name: string,
    flags: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Service> {
    return this.start(name, [...programOf(this.root, name), ...flags], environment);
  }

  /** Starts a service by a command. */
  start(
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Service> {
    return this.keep(startService(name, command, join(this.logs, `${name}-${++this.files}.log`), environment));
  }

  /** Takes a service that was started otherwise. */
  async keep<Kept extends Service>(starting: Promise<Kept>): Promise<Kept> {
    const service = await starting;
    this.started.push(service);
    return service;
  }

  /** Stops one while the others stay. */
  async stop(service: Service): Promise<void> {
    this.started.splice(this.started.indexOf(service), 1);
    await service.stop();
  }

  /** Why services have ended that should still run. */
  readonly problems = (): readonly string[] => this.started.flatMap((service) => service.ended() ?? []);

  /** Stops all, the last first. */
  readonly close = async (): Promise<void> => {
    for (const service of this.started.splice(0).reverse()) await service.stop();
  };
}

/** The command that starts one of our programs for Node. */
export function programOf(root: string, name: string): string[] {
  return [process.execPath, join(root, `dist/node/${name}.js`)];
}

/**
 * Waits for what was begun at the same time.
 *
 * @throws the first failure, when nothing is starting any more that nobody would stop.
 */
export async function allOf<Begun extends readonly unknown[]>(
  ...begun: { readonly [Place in keyof Begun]: Promise<Begun[Place]> }
): Promise<Begun> {
  const ends = await Promise.allSettled(begun);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<unknown>).value) as unknown as Begun;
}
