import { isFinal, isOfAddress } from "../core/finality.ts";
import type { FetchedAnswer } from "../core/ownaccess.ts";
import { beginningOf, onOneLine, safeMessageOf } from "../core/redaction.ts";

/** How much of an answer is shown. */
const SHOWN_LENGTH = 80;

/** What the far end answered last over HTTP: what fails in reading it says little without. */
export class LastAnswer {
  private status: number | null = null;
  private body = "";

  /** A new reading begins. */
  forget(): void {
    this.status = null;
    this.body = "";
  }

  /** Notes an answer, and its body once the pipeline has read it. @returns the same answer. */
  note<Answer extends FetchedAnswer>(answer: Answer): Answer {
    this.status = answer.status;
    this.body = "";
    const read = answer.text.bind(answer);
    const text = async () => {
      const all = await read();
      this.body = onOneLine(
        beginningOf(all, SHOWN_LENGTH + 1)
          .replaceAll(/\s+/g, " ")
          .trim(),
        SHOWN_LENGTH,
      );
      return all;
    };
    return Object.assign(answer, { text, json: async (): Promise<unknown> => JSON.parse(await text()) });
  }

  /** Whether the same question will never be answered otherwise; and whether that is for its address. */
  get isFinal(): boolean {
    return this.status !== null && isFinal(this.status);
  }

  get isOfAddress(): boolean {
    return this.status !== null && isOfAddress(this.status);
  }

  get isError(): boolean {
    return this.status !== null && (this.status < 200 || this.status > 299);
  }

  /** As in `500 database is locked`; null where nothing was answered. */
  describe(): string | null {
    return this.status === null ? null : `${this.status} ${this.body}`.trim();
  }

  /** Why a reading failed. After an error of the far end it is what that said, and not that it is no list. */
  explain(problem: unknown): string {
    const message = safeMessageOf(problem);
    const said = this.describe();
    if (said === null || !this.isError) return message;
    if (problem instanceof SyntaxError || problem instanceof TypeError) return said;
    return message.includes(String(this.status)) ? message : `${message} (answered ${said})`;
  }
}
