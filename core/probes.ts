/** Probes: made-up events for a function of events, to see what of its text changes with which part of them. */
import { draw } from "./event.ts";
import { once } from "./once.ts";
import { publishedMs, type Trace } from "./trace.ts";

/** Probes by number, and as many by what is drawn; with fewer a divisor may be mistaken. */
const PROBES = 16;

/** The identity of all probes. */
export const PROBE_TRACE: Trace = {
  run: 0x9e3779b1,
  publisher: 0x7ab3,
  seq: 0x6c078,
  publishedAt: 1_767_225_600_123.457,
};

/** What a probe sets of an event. */
export interface ProbeEvent {
  readonly seq: number;
  readonly random: number;
  readonly publishedAt: number;
}
export type Source = keyof ProbeEvent;
export const SOURCES = ["seq", "random", "publishedAt"] as const satisfies readonly Source[];

/** Every other probe differs from this one in one part. */
export const FIRST_PROBE: ProbeEvent = { seq: 0, random: 0, publishedAt: publishedMs(PROBE_TRACE) };

/** The values that probes take, by part. */
export const probeValues = once((): Readonly<Record<Source, readonly number[]>> => {
  const drawn = Array.from({ length: PROBES - 2 }, (_, place) => draw(PROBES, place + 1));
  // From 0, because what is added shows there; the last one shows the largest divisors.
  const numbers = [0, ...drawn, 2 ** 32 - 1];
  // Times over thirty years: what holds for how they are written has to hold for each.
  const times = [FIRST_PROBE.publishedAt, ...drawn.slice(0, 5).map((number) => 1_500_000_000_000 + number * 233)];
  return { seq: numbers, random: numbers, publishedAt: times };
});

/** One result for each probe, by the part in which the probe differs from the first. */
export type ProbeResults<Thing> = Readonly<Record<Source, readonly Thing[]>>;

/** Calls a function with every probe. */
export function probe<Thing>(call: (event: ProbeEvent) => Thing): ProbeResults<Thing> {
  const first = call(FIRST_PROBE);
  const of = (source: Source) => [
    first,
    ...probeValues()
      [source].slice(1)
      .map((value) => call({ ...FIRST_PROBE, [source]: value })),
  ];
  return { seq: of("seq"), random: of("random"), publishedAt: of("publishedAt") };
}

/** Differs from the first probe in every part. */
export const OTHER_PROBE: ProbeEvent = {
  seq: 0xa3c59ac3,
  random: 0x9e6c63d5,
  publishedAt: Date.UTC(2031, 6, 19, 13, 47, 52, 638),
};

/** A part of every result. */
export function mapResults<Thing, Part>(all: ProbeResults<Thing>, part: (thing: Thing) => Part): ProbeResults<Part> {
  return { seq: all.seq.map(part), random: all.random.map(part), publishedAt: all.publishedAt.map(part) };
}

/** The parts of an event with which a result changes. */
export function changesWith(all: ProbeResults<unknown>): readonly Source[] {
  return SOURCES.filter((source) => all[source].some((one) => one !== all.seq[0]));
}
