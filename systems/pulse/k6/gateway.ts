import http, { type RefinedResponse } from "k6/http";
import { Freshness } from "../../../core/moment.ts";
import type { Access } from "../../../k6/support/access.ts";
import { type AskResult, ask, askAndWait } from "../../../k6/support/ask.ts";
import { now } from "../../../k6/support/clock.ts";
import { wasRedirected } from "../../../k6/support/latency.ts";
import type { Settings } from "../../../k6/support/settings.ts";
import { problemOf } from "../answers.ts";
import type { Endpoint, Topic } from "./endpoints.ts";

/** One judged answer. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Ms from the request to the last byte, including connection, TLS and redirects. */
  readonly took: number;
  /** Why there is no answer; null where there is one. */
  readonly error: string | null;
  /** What is wrong with it, or null. */
  readonly problem: string | null;
  /** Where it came from, after a redirect. */
  readonly redirectedTo: string | null;
}

type Response = RefinedResponse<"text">;

/** The gateway, as one virtual user requests it. */
export class Gateway {
  private readonly config: Settings<"http">;
  private readonly access: Access;
  private readonly freshness: Freshness;

  /** @param leastAge the smallest age of an earlier answer in ms; null without any. */
  constructor(config: Settings<"http">, access: Access, leastAge: number | null) {
    this.config = config;
    this.access = access;
    this.freshness = new Freshness(config.MAX_AGE * 1000, leastAge ?? undefined);
  }

  /** The smallest age of an answer; null when no answer had a time. */
  get leastAge(): number | null {
    return Number.isFinite(this.freshness.leastAge) ? this.freshness.leastAge : null;
  }

  /** Sends a request and waits for the answer. @param name of its requests in k6. */
  ask(endpoint: Endpoint, topic: Topic, name = endpoint.name): Answer {
    const url = this.urlOf(endpoint, topic);
    const askedAt = now();
    const asked = this.access.sendNow((headers) =>
      askAndWait("GET", url, { ...this.paramsOf(endpoint, topic, name), headers }),
    );
    return this.judge(endpoint, topic, { askedAt, answeredAt: now(), asked });
  }

  /** Sends a request without waiting. Never rejects. */
  async askAside(endpoint: Endpoint, topic: Topic, name: string): Promise<Answer> {
    const url = this.urlOf(endpoint, topic);
    const askedAt = now();
    const asked = await this.access.send((headers) =>
      ask("GET", url, null, { ...this.paramsOf(endpoint, topic, name), headers }),
    );
    return this.judge(endpoint, topic, { askedAt, answeredAt: now(), asked });
  }

  private urlOf(endpoint: Endpoint, topic: Topic): string {
    return this.config.HTTP_URL + endpoint.path(topic);
  }

  private paramsOf(endpoint: Endpoint, topic: Topic, name: string): Readonly<Record<string, unknown>> {
    return {
      tags: { name },
      timeout: `${this.config.HTTP_TIMEOUT}s`,
      responseCallback: http.expectedStatuses(...endpoint.statuses(topic)),
      responseType: "text",
    };
  }

  private judge(endpoint: Endpoint, topic: Topic, { asked, askedAt, answeredAt }: Exchange): Answer {
    if (asked.answer === null) {
      const { error } = asked;
      const problem = `gives no answer: ${error}`;
      return { status: 0, text: "", headers: {}, took: answeredAt - askedAt, error, problem, redirectedTo: null };
    }
    const { answer: response, took } = asked;
    const text = response.body ?? "";
    return {
      status: response.status,
      text,
      headers: response.headers,
      took,
      error: null,
      problem: this.problemOf(endpoint, topic, { at: answeredAt, response, text }),
      redirectedTo: wasRedirected(response) ? response.url : null,
    };
  }

  private problemOf(endpoint: Endpoint, topic: Topic, { at, response, text }: TimedResponse): string | null {
    const { status } = response;
    if (!endpoint.statuses(topic).includes(status)) {
      const listed = topic.listed && status === 404 ? " to a block that it lists" : "";
      return `answers ${status}${listed}${text === "" ? "" : `: ${text}`}`;
    }
    if (status !== 200) return null;
    const { CORRECTNESS: correctness } = this.config;
    const problem = problemOf(text, endpoint.contract, { ...topic, at, correctness, freshness: this.freshness });
    return problem === null ? null : `answers 200, but ${problem}: ${text}`;
  }
}

interface Exchange {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly asked: AskResult;
}

interface TimedResponse {
  readonly at: number;
  readonly response: Response;
  readonly text: string;
}
