/** Streams with planted defects, and the truth about them: counted while planting, independent of the ledger. */
import fc from "fast-check";
import type { PathAccount, Window } from "../../core/ledger.ts";
import type { Batch, Outcome } from "../../core/publication.ts";
import { event, variants, type Workload } from "../../systems/pulse/events.ts";
import { type Filter, matches } from "../../systems/pulse/filters.ts";
import { filtersOf, workloads } from "./arbitraries.ts";

/** What happens to one event. */
interface Fate {
  readonly outcome: Outcome;
  /** It does not arrive although it is selected. */
  readonly dropped: boolean;
  /** It arrives although it is not selected. */
  readonly misrouted: boolean;
  /** The next arrival of the same publisher overtakes it. */
  readonly overtaken: boolean;
  /** Further copies, each by how far behind the first it arrives: 0 is at once, 1 is at the end. */
  readonly copies: readonly number[];
}

interface PlantedSend {
  readonly publisher: number;
  readonly seq: number;
  readonly fate: Fate;
  /** The batch that reported it; null if none did. */
  readonly batch: Batch | null;
}

export interface Delivery {
  readonly publisher: number;
  readonly seq: number;
}

/** A stream with defects, and what they are. */
export interface PlantedStream {
  readonly workload: Workload;
  readonly filter: Filter;
  readonly batches: readonly Batch[];
  readonly window: Window;
  readonly deliveries: readonly Delivery[];
  /** The correct account within its window. */
  readonly truth: PathAccount;
  /** Those of the unjudged arrivals that were unreported or refused: a run counts them only as that. */
  readonly unpromised: number;
  /**
   * Events that did not arrive and were sent while the path was open: outside the window, or neither acknowledged nor
   * refused.
   */
  undueMissing(open: Window): number;
  readonly unreported: readonly number[];
  /** Numbers of events that were refused and arrived, in ascending order. */
  readonly contradicted: readonly number[];
}

const fates: fc.Arbitrary<Fate> = fc.record({
  outcome: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Outcome>("acknowledged") },
    { weight: 1, arbitrary: fc.constantFrom<Outcome>("refused", "unknown") },
  ),
  dropped: rarely(),
  misrouted: rarely(),
  overtaken: rarely(),
  copies: fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }) },
  ),
});

function rarely(): fc.Arbitrary<boolean> {
  return fc.nat({ max: 5 }).map((drawn) => drawn === 5);
}

const publishers = fc.nat({ max: 3 });
const BATCH_MS = 10;

/** A stream by several publishers in batches of any size, with any defects, seen through any window. */
export const plantedStreams: fc.Arbitrary<PlantedStream> = workloads.chain((workload) =>
  fc
    .record({
      filter: filtersOf(workload),
      published: fc.array(fc.tuple(publishers, fc.array(fates, { minLength: 1, maxLength: 12 })), { maxLength: 12 }),
      strangers: fc.array(fc.tuple(publishers, fates), { maxLength: 4 }),
      merging: fc.array(fc.nat({ max: 99 }), { minLength: 1, maxLength: 20 }),
      window: fc.tuple(fc.integer({ min: -5, max: 60 }), fc.integer({ min: 0, max: 130 })),
    })
    .map(({ filter, published, strangers, merging, window: [from, length] }) => {
      const sent = send(published, strangers);
      return plant(workload, filter, sent, merging, { from, through: from + length });
    }),
);

/** Numbers the events and packs the batches, one after the other; foreign events come last and are in no batch. */
function send(
  published: readonly [number, readonly Fate[]][],
  strangers: readonly [number, Fate][],
): readonly PlantedSend[] {
  const sent: PlantedSend[] = [];
  for (const [place, [publisher, batchFates]] of published.entries()) {
    const firstSeq = sent.length;
    const seqsThat = (outcome: Outcome) =>
      batchFates.flatMap((fate, offset) => (fate.outcome === outcome ? [firstSeq + offset] : []));
    const batch: Batch = {
      publisher,
      firstSeq,
      count: batchFates.length,
      sentFrom: place * BATCH_MS,
      sentThrough: place * BATCH_MS + BATCH_MS / 2,
      refused: seqsThat("refused"),
      unknown: seqsThat("unknown"),
    };
    for (const [offset, fate] of batchFates.entries()) sent.push({ publisher, seq: firstSeq + offset, fate, batch });
  }
  for (const [publisher, fate] of strangers) sent.push({ publisher, seq: sent.length, fate, batch: null });
  return sent;
}

function plant(
  workload: Workload,
  filter: Filter,
  sent: readonly PlantedSend[],
  merging: readonly number[],
  window: Window,
): PlantedStream {
  const all = variants(workload);
  const matching = ({ seq }: PlantedSend) => matches(filter, event(workload, seq, all));
  const isDue = (one: PlantedSend) =>
    one.batch !== null &&
    one.fate.outcome === "acknowledged" &&
    matching(one) &&
    one.batch.sentFrom >= window.from &&
    one.batch.sentThrough <= window.through;
  const arriving = sent.filter((one) => (matching(one) ? !one.fate.dropped : one.fate.misrouted));
  const { order, overtaken } = overtake(arriving);
  const merged = merge(order, merging);

  const due = sent.filter(isDue);
  const lost = due.filter(({ fate }) => fate.dropped);
  const deliveries = copy(merged);
  return {
    workload,
    filter,
    batches: [...new Set(sent.flatMap(({ batch }) => (batch === null ? [] : [batch])))],
    window,
    deliveries,
    truth: {
      expected: due.length,
      delivered: due.length - lost.length,
      lost: lost.length,
      open: 0,
      duplicated: arriving.reduce((copies, { fate }) => copies + fate.copies.length, 0),
      reordered: overtaken.size,
      misrouted: arriving.filter((one) => !matching(one)).length,
      unjudged: arriving.filter((one) => matching(one) && !isDue(one)).length,
      lostSeqs: lost.slice(0, 10).map(({ seq }) => seq),
      duplicatedSeqs: repeatedSeqs(deliveries),
      reorderedSeqs: merged.flatMap((one) => (overtaken.has(one) ? [one.seq] : [])).slice(0, 10),
      misroutedSeqs: numbersOf(arriving.filter((one) => !matching(one))),
    },
    unpromised: arriving.filter(
      (one) => matching(one) && !isDue(one) && (one.batch === null || one.fate.outcome === "refused"),
    ).length,
    undueMissing: (open) =>
      sent.filter(
        (one) =>
          one.fate.outcome !== "refused" &&
          one.fate.dropped &&
          matching(one) &&
          !isDue(one) &&
          one.batch !== null &&
          one.batch.sentThrough >= open.from &&
          one.batch.sentFrom <= open.through,
      ).length,
    unreported: arriving.flatMap(({ seq, batch }) => (batch === null ? [seq] : [])),
    contradicted: arriving.flatMap(({ seq, batch, fate }) =>
      batch !== null && fate.outcome === "refused" ? [seq] : [],
    ),
  };
}

/** Swaps neighbours of the same publisher, none of them twice: each swap is one inversion. */
function overtake(arriving: readonly PlantedSend[]): { order: PlantedSend[][]; overtaken: Set<PlantedSend> } {
  const overtaken = new Set<PlantedSend>();
  const order = [0, 1, 2, 3].map((publisher) => {
    const own = arriving.filter((one) => one.publisher === publisher);
    for (let place = 0; place + 1 < own.length; place++) {
      const [one, next] = [own[place] as PlantedSend, own[place + 1] as PlantedSend];
      if (!one.fate.overtaken) continue;
      own.splice(place, 2, next, one);
      overtaken.add(one);
      place++;
    }
    return own;
  });
  return { order, overtaken };
}

/** Merges the publishers' arrivals in the chosen order; each publisher's own order stays. */
function merge(order: readonly PlantedSend[][], choices: readonly number[]): PlantedSend[] {
  const waiting = order.map((own) => [...own]);
  const merged: PlantedSend[] = [];
  for (let turn = 0; ; turn++) {
    const ready = waiting.filter((own) => own.length > 0);
    const next = ready[(choices[turn % choices.length] as number) % Math.max(1, ready.length)]?.shift();
    if (next === undefined) return merged;
    merged.push(next);
  }
}

/** The first ten duplicates, in order. */
function repeatedSeqs(deliveries: readonly Delivery[]): number[] {
  const again = deliveries.filter(({ seq }, place) => deliveries.findIndex((one) => one.seq === seq) < place);
  return [...new Set(again.map(({ seq }) => seq))].slice(0, 10);
}

/** Inserts the further copies, each somewhere after its first. */
function copy(merged: readonly PlantedSend[]): Delivery[] {
  const placed = merged.flatMap((one, place) => [
    { at: place, one },
    ...one.fate.copies.map((behind) => ({ at: place + 0.5 + behind * (merged.length - place), one })),
  ]);
  placed.sort((a, b) => a.at - b.at);
  return placed.map(({ one: { publisher, seq } }) => ({ publisher, seq }));
}

/** The ten lowest. */
function numbersOf(events: readonly { readonly seq: number }[]): number[] {
  const seqs = [...new Set(events.map(({ seq }) => seq))];
  return seqs.sort((one, other) => one - other).slice(0, 10);
}
