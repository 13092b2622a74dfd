import type { Account } from "../../../core/account.ts";
import type { Batch } from "../../../core/publication.ts";
import type { Balance } from "../../../core/settling.ts";
import type { Aside, Observer } from "../../../receiver/observer.ts";
import { explainStorage } from "../storage.ts";
import type { TablePath } from "./table.ts";
import type { Watch } from "./watch.ts";

/** Ids of messages that are compared, of which each takes about a hundred bytes. */
const MOST_IDS = 2_000_000;

/** The table that the events of a run end up in. */
export class TableObserver implements Observer {
  /** Rows are inserted by several workers. */
  readonly isOrdered = false;
  readonly paths: readonly [TablePath];
  private readonly watch: Watch;
  private readonly ids = new Set<string>();
  private answered = 0;

  constructor(path: TablePath, watch: Watch) {
    this.paths = [path];
    this.watch = watch;
  }

  get balance(): Balance {
    return this.watch.balance;
  }

  /** Enters the ids that messages were accepted under. */
  published({ ids = [] }: Batch): void {
    for (const id of ids) {
      if (this.ids.size < MOST_IDS) this.ids.add(id);
      else return;
      this.answered++;
    }
  }

  account(): Aside {
    const ids = { answered: this.answered, repeated: this.answered - this.ids.size };
    return { storage: { ...this.watch.account(), ids } };
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
