import { join } from "node:path";
import { type Service, startService } from "./service.ts";

/** The services of one pipeline, which are stopped together. */
export class Services {
  private readonly root: string;
  private readonly logs: string;
  private readonly started: Service[] = [];
  private files = 0;

  /** @param root folder of the package. @param logs folder for their logs. */
  constructor(root: string, logs: string) {
    this.root = root;
    this.logs = logs;
  }

  /** Starts one of our Node programs. @param environment for what belongs on no command line. */
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

  /** Adds a service that was started elsewhere. */
  async keep<Kept extends Service>(starting: Promise<Kept>): Promise<Kept> {
    const service = await starting;
    this.started.push(service);
    return service;
  }

  /** Stops one service; the others stay. */
  async stop(service: Service): Promise<void> {
    this.started.splice(this.started.indexOf(service), 1);
    await service.stop();
  }

  /** Why services have ended that should still run. */
  readonly problems = (): readonly string[] => this.started.flatMap((service) => service.ended() ?? []);

  /** Stops all, in reverse order. */
  readonly close = async (): Promise<void> => {
    for (const service of this.started.splice(0).reverse()) await service.stop();
  };
}

/** The command that starts one of our Node programs. */
export function programOf(root: string, name: string): string[] {
  return [process.execPath, join(root, `dist/node/${name}.js`)];
}

/**
 * Waits for services that start at the same time.
 *
 * @throws the first failure, after all others have settled, so that none is left behind.
 */
export async function allOf<Begun extends readonly unknown[]>(
  ...begun: { readonly [Place in keyof Begun]: Promise<Begun[Place]> }
): Promise<Begun> {
  const ends = await Promise.allSettled(begun);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return ends.map((end) => (end as PromiseFulfilledResult<unknown>).value) as unknown as Begun;
}
