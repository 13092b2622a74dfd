import type { Nats, StreamConfig } from "k6/x/nats";
import type { Silence } from "../../../k6/support/canary.ts";
import {
  describeStream,
  explainLosses,
  explainSilence,
  isNotFound,
  readConsumers,
  readStream,
  STREAM_NOT_FOUND,
  type StreamFacts,
  type StreamOrigin,
  unfitness,
} from "../stream.ts";
import { subjectsBelow } from "../wire.ts";

/** A server does not answer what its user may not ask: it tells the connection, and the question times out. */
const NO_ANSWER = /no answer within|deadline exceeded|timeout|permissions violation/i;

interface StreamSettings {
  readonly STREAM: string;
  readonly SUBJECT: string;
  readonly CREATE_STREAM: boolean;
  readonly NATS_DOMAIN: string | undefined;
  readonly RETENTION: NonNullable<StreamConfig["retention"]> & string;
}

/** The stream of a run: there before the load, fit for it, and left as it was found. */
export class RunStream {
  private readonly nats: Nats;
  private readonly config: StreamSettings;
  private readonly subjects: () => readonly string[];
  private madeHere = false;
  private firstSeq = 1;

  /** @param subjects those that the run publishes on. */
  constructor(nats: Nats, config: StreamSettings, subjects: () => readonly string[]) {
    this.nats = nats;
    this.config = config;
    this.subjects = subjects;
  }

  /**
   * Makes a missing stream where that is asked for. One that exists is not set up: that would rewrite its limits.
   *
   * @throws when there is none, or it cannot hold what the run publishes.
   */
  require(): void {
    const { STREAM, SUBJECT, CREATE_STREAM, RETENTION } = this.config;
    try {
      this.firstSeq = this.nats.jetStreamInfo(STREAM).lastSequence + 1;
    } catch (problem) {
      if (NO_ANSWER.test(String(problem))) {
        console.warn(`stream ${STREAM} is not known: this user may not ask for it ($JS.API.STREAM.INFO.${STREAM})`);
        return;
      }
      if (!CREATE_STREAM || !String(problem).includes(`JetStream error ${STREAM_NOT_FOUND}`)) throw problem;
      this.nats.jetStreamSetup({ name: STREAM, subjects: [subjectsBelow(SUBJECT)], retention: RETENTION });
      this.madeHere = true;
      console.log(`created stream ${STREAM} with retention ${RETENTION} for ${subjectsBelow(SUBJECT)}`);
    }
    const facts = this.facts();
    const why = facts === null ? null : unfitness(facts, this.subjects());
    if (why !== null) throw new Error(why);
  }

  /**
   * Why no canary came out; a stream that this run made is taken away again, because no gateway reads it.
   *
   * @param claim what the gateway says of its readiness, where it claims to be well; null where it does not.
   */
  explain(claim: string | null): Silence {
    const facts = this.facts();
    const claims = claim === null ? [] : [claim];
    if (facts === null) return { causes: claims, swallowed: false };
    const consumers = this.consumers();
    if (consumers === null) {
      const unknown = "its consumers are not known: this user may not ask for them";
      return { causes: [describeStream(facts), unknown, ...claims], swallowed: false };
    }
    const { causes, taken } = explainSilence(facts, consumers, this.firstSeq, this.subjects());
    // A stream that is made after its gateway may be one that the gateway cannot use: that is not its fault.
    if (this.madeHere) return { causes: [...causes, ...claims, this.remove()], swallowed: taken === "all" };
    return { causes: [...causes, ...claims], swallowed: taken === "all" || (taken === "unread" && claim !== null) };
  }

  /** How it stands before the load; null where this user may not ask. */
  origin(): StreamOrigin | null {
    const facts = this.facts();
    if (facts === null) return null;
    const readers = Object.fromEntries((this.consumers() ?? []).map(({ name, created }) => [name, created]));
    return { created: facts.created, firstSeq: facts.state.last_seq + 1, readers };
  }

  /** Who has what is missing in the end, as far as the broker tells; null where it does not. @param origin how it stood before the load. */
  losses(origin: StreamOrigin | null): string | null {
    const answer = this.ask(`STREAM.INFO.${this.config.STREAM}`);
    const facts = readStream(answer);
    if (facts === null) {
      return origin !== null && isNotFound(answer) ? `stream ${this.config.STREAM} is not there any more` : null;
    }
    const consumers = this.consumers();
    return consumers === null ? null : explainLosses(facts, consumers, origin);
  }

  private consumers() {
    return readConsumers(this.ask(`CONSUMER.LIST.${this.config.STREAM}`));
  }

  private remove(): string {
    const { STREAM, RETENTION } = this.config;
    this.nats.jetStreamDelete(STREAM);
    return (
      `stream ${STREAM}, which this run had made with retention ${RETENTION}, is deleted again: start the gateway first, ` +
      "so that it makes the stream it needs, or set RETENTION"
    );
  }

  private facts(): StreamFacts | null {
    return readStream(this.ask(`STREAM.INFO.${this.config.STREAM}`));
  }

  /** An answer of JetStream; null where none comes: this user may not ask, or the broker is away. */
  private ask(what: string): unknown {
    try {
      const { NATS_DOMAIN: domain } = this.config;
      const api = domain === undefined ? "$JS.API" : `$JS.${domain}.API`;
      return JSON.parse(this.nats.request(`${api}.${what}`, "{}").data);
    } catch {
      return null;
    }
  }
}
