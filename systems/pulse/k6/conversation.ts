import { clearTimeout, setTimeout } from "k6/timers";
import { beginningOf } from "../../../core/redaction.ts";
import { areJoined, type ControlFrame, isEventFrame, messagesIn, readControlFrame } from "../frames.ts";
import { ANSWERS, failureOf, type Operation } from "./operations.ts";
import type { SessionEvents, SessionSocket } from "./sessionparts.ts";

/** An operation that waits for its answer. */
interface Question {
  readonly operation: Operation;
  readonly at: number;
  readonly timer: number;
}

/** Goes on after an answer, or gives up. */
interface Asker {
  /** An operation succeeded. */
  answered(operation: Operation, answer: ControlFrame): void;
  /** An operation failed without which nothing can go on. */
  giveUp(reason: string): void;
}

/** What a session asks its gateway, and what the gateway says: answers, events, and anything else. */
export class Conversation {
  private readonly socket: SessionSocket;
  private readonly timeout: number;
  private readonly events: SessionEvents;
  private readonly asker: Asker;
  /** In the order in which they were asked; null without any: ten thousand empty lists take 12 MB. */
  private questions: Question[] | null = null;
  private framesRead = 0;

  /** @param timeout for an answer, in seconds. */
  constructor(socket: SessionSocket, timeout: number, events: SessionEvents, asker: Asker) {
    this.socket = socket;
    this.timeout = timeout;
    this.events = events;
    this.asker = asker;
  }

  private get frames(): number {
    return this.socket.framesRead ?? this.framesRead;
  }

  ask(operation: Operation, frame?: string): void {
    const before = this.frames;
    const timer = setTimeout(() => this.unanswered(operation, before), this.timeout * 1000);
    this.questions ??= [];
    this.questions.push({ operation, at: Date.now(), timer });
    if (frame !== undefined) this.socket.send(frame);
  }

  read(frame: unknown, readAt: number): void {
    this.framesRead++;
    if (typeof frame !== "string") {
      this.unknown("a binary frame came");
      return;
    }
    if (areJoined(frame)) for (const message of messagesIn(frame)) this.readMessage(message, readAt);
    else this.readMessage(frame, readAt);
  }

  /** Only the few messages that are no events are parsed. */
  private readMessage(message: string, readAt: number): void {
    if (isEventFrame(message)) this.events.event(message, readAt);
    else this.readControl(message);
  }

  private readControl(text: string): void {
    const frame = readControlFrame(text);
    const operation = ANSWERS.get(frame?.type ?? "");
    if (frame === null || operation === undefined) {
      const { code = "unknown frame", message = beginningOf(text, 100) } = frame?.data ?? {};
      this.unknown(`${code}: ${message}`);
      return;
    }
    const failure = failureOf(operation, frame);
    if (failure !== null) this.failed(operation, failure);
    else if (this.settle(operation, null)) this.asker.answered(operation, frame);
  }

  /** An unknown message counts as the answer to the first question, if there is one. */
  private unknown(what: string): void {
    const first = this.questions?.[0];
    if (first === undefined) this.events.strange(what);
    else this.failed(first.operation, what);
  }

  /**
   * A gateway that neither answers nor sends anything else is gone, even if its connection looks open. What it sent long
   * before the question and is read only now is a sign of life: the answer waits behind it.
   *
   * @param before frames that were read before it was asked.
   */
  private unanswered(operation: Operation, before: number): void {
    const silence = `no answer within ${this.timeout} s`;
    this.failed(operation, silence);
    if (this.frames === before) this.asker.giveUp(`${silence}, and no other frame`);
  }

  /** An operation failed; without a connection or a subscription the session cannot go on. */
  private failed(operation: Operation, failure: string): void {
    if (!this.settle(operation, failure)) return;
    if (operation !== "ping" && operation !== "list") this.asker.giveUp(failure);
  }

  /** Takes a question out and reports what became of it. @returns whether it had been asked. */
  private settle(operation: Operation, failure: string | null): boolean {
    const question = this.takeOut(operation);
    if (question === undefined) return false;
    clearTimeout(question.timer);
    this.events.operation(operation, failure, Date.now() - question.at);
    return true;
  }

  private takeOut(operation: Operation): Question | undefined {
    const { questions } = this;
    const place = questions?.findIndex((one) => one.operation === operation) ?? -1;
    if (questions === null || place < 0) return undefined;
    if (questions.length > 1) return questions.splice(place, 1)[0];
    this.questions = null;
    return questions[0];
  }

  /** The connection is over: what still waits for an answer has failed. */
  end(reason: string): void {
    for (const { operation } of [...(this.questions ?? [])]) this.settle(operation, reason);
  }

  /** Waits for no answer any more. */
  forget(): void {
    for (const { timer } of this.questions ?? []) clearTimeout(timer);
    this.questions = null;
  }
}
