import { beginningOf } from "../../core/redaction.ts";
import { isUnreachable } from "../../core/shortage.ts";
import type { Answer } from "../../core/transport.ts";

/** What a target has answered to the canaries so far. */
export class CanaryAnswers {
  private connected = false;
  private unreached: string | null = null;
  private taken = false;
  private refused: string | null = null;

  /** @param refusal why one like it will always be refused; null where the next may be taken. */
  enter(answer: Answer, refusal: string | null): void {
    const { outcome, said = "" } = typeof answer === "string" ? { outcome: answer } : answer;
    const isMissing = outcome === "unknown" || outcome === "unsent";
    const isUnreached = isMissing && isUnreachable(said);
    if (isUnreached) this.unreached = beginningOf(said);
    else this.connected = true;
    if (outcome !== "refused" && !isUnreached) this.taken = true;
    // Where it was restarting, or has just changed its mind, the last answer counts.
    this.refused = outcome === "refused" ? refusal : null;
  }

  /** Whether one was taken, or may have been. */
  get mayBeTaken(): boolean {
    return this.taken;
  }

  /** What was told where no connection was made for any; null where one was, or none was tried. */
  get unsendable(): string | null {
    return this.connected ? null : this.unreached;
  }

  /** Why the target takes none; null where it may have taken one, or may take the next. */
  get refusal(): string | null {
    return this.taken ? null : this.refused;
  }
}
