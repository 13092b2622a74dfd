import type { Account } from "../../../core/account.ts";
import type { Batch } from "../../../core/publication.ts";
import type { Balance } from "../../../core/settling.ts";
import type { AccountPart, Observer } from "../../../receiver/observer.ts";
import { changesOf, explainStorage } from "../storage.ts";
import type { TablePath } from "./table.ts";
import type { Watch } from "./watch.ts";

/** Most ids of messages that are compared; each takes about a hundred bytes. */
const MOST_IDS = 2_000_000;

/** Observes the table that stores a run's events. */
export class TableObserver implements Observer {
  /** Several workers insert rows. */
  readonly order = "none";
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

  /** Enters the ids from the target's answers. */
  published({ ids = [] }: Batch): void {
    for (const id of ids) {
      if (this.ids.size < MOST_IDS) this.ids.add(id);
      else return;
      this.answered++;
    }
  }

  account(): AccountPart {
    const ids = { answered: this.answered, repeated: this.answered - this.ids.size };
    return { storage: { ...this.watch.account(), ids } };
  }

  causes(account: Account): string[] {
    if (account.storage === null) return [];
    const [path] = this.paths;
    const [offender] = account.offenders;
    const described = offender === undefined ? [] : path.describeLost(offender);
    return [...explainStorage(account, account.storage), ...described];
  }

  findings({ storage }: Account): string[] {
    const [path] = this.paths;
    return [...path.damages.lines(storage?.damaged), ...changesOf(storage)];
  }

  examples(): readonly string[] {
    return this.paths[0].damages.listed;
  }

  /** Polling has found new rows only; now every row of the run is read again. */
  async finish(): Promise<void> {
    await this.watch.finish();
  }

  async close(): Promise<void> {
    await this.watch.stop();
  }
}
