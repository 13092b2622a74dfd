/** What is asked of a function of events, to see what of its text changes with which of their parts. */
import { draw } from "./event.ts";
import { publishedMs, type Trace } from "./trace.ts";

/** Events made up by their numbers and by what they draw; with fewer a divisor may be mistaken. */
const PROBES = 16;

/** Whose identity all of them have. */
export const PROBED: Trace = { run: 0x9e3779b1, publisher: 0x7ab3, seq: 0x6c078, publishedAt: 1_767_225_600_123.457 };

/** What an event is made up of. */
export interface Asked {
  readonly seq: number;
  readonly random: number;
  readonly publishedAt: number;
}
export type Source = keyof Asked;
export const SOURCES = ["seq", "random", "publishedAt"] as const satisfies readonly Source[];

/** What stands before every change. */
export const FIRST: Asked = { seq: 0, random: 0, publishedAt: publishedMs(PROBED) };

const drawn = Array.from({ length: PROBES - 2 }, (_, place) => draw(PROBES, place + 1));
/** From 0, because what is added shows there; the last one shows the largest divisors. */
const NUMBERS = [0, ...drawn, 2 ** 32 - 1];
/** Of thirty years; whatever is written of them has to be so of each. */
const TIMES = [FIRST.publishedAt, ...drawn.slice(0, 5).map((number) => 1_500_000_000_000 + number * 233)];
export const ASKED: Readonly<Record<Source, readonly number[]>> = { seq: NUMBERS, random: NUMBERS, publishedAt: TIMES };

/** One thing of each event that was made up, by the part in which they differ. */
export type Probed<Thing> = Readonly<Record<Source, readonly Thing[]>>;

/** Asks for all of them. */
export function probed<Thing>(ask: (asked: Asked) => Thing): Probed<Thing> {
  const first = ask(FIRST);
  const of = (source: Source) => [first, ...ASKED[source].slice(1).map((value) => ask({ ...FIRST, [source]: value }))];
  return { seq: of("seq"), random: of("random"), publishedAt: of("publishedAt") };
}

/** In which everything is another than in the first one. */
export const OTHER: Asked = {
  seq: 0xa3c59ac3,
  random: 0x9e6c63d5,
  publishedAt: Date.UTC(2031, 6, 19, 13, 47, 52, 638),
};

/** Something of each of them. */
export function ofEach<Thing, Part>(all: Probed<Thing>, part: (thing: Thing) => Part): Probed<Part> {
  return { seq: all.seq.map(part), random: all.random.map(part), publishedAt: all.publishedAt.map(part) };
}

/** The parts with which a thing changes. */
export function changesWith(all: Probed<unknown>): readonly Source[] {
  return SOURCES.filter((source) => all[source].some((one) => one !== all.seq[0]));
}
