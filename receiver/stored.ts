import type { Account } from "../core/account.ts";
import { explainStorage } from "../systems/ingestor/storage.ts";
import type { FarEndAccount, Observer } from "./observer.ts";
import type { TablePath } from "./table.ts";
import type { Watch } from "./watch.ts";

/** The table that the events of a run end up in. */
export class Stored implements Observer {
  /** Rows are inserted by several workers. */
  readonly isOrdered = false;
  readonly paths: readonly [TablePath];
  private readonly watch: Watch;

  constructor(path: TablePath, watch: Watch) {
    this.paths = [path];
    this.watch = watch;
  }

  account(): FarEndAccount {
    return { storage: this.watch.account() };
  }

  causes(account: Account): string[] {
    if (account.storage === null) return [];
    const [path] = this.paths;
    const [offender] = account.offenders;
    const described = offender === undefined ? [] : path.describeLost(offender);
    return [...explainStorage(account, account.storage), ...described, ...path.damages];
  }

  /** What was seen so far is what was new; now every row of the run is looked at once more. */
  async finish(): Promise<void> {
    await this.watch.finish();
  }

  async close(): Promise<void> {
    await this.watch.stop();
  }
}
