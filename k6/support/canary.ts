import { sleep } from "k6";
import exec from "k6/execution";
import type { Account } from "../../core/account.ts";
import { type Checks, quotesIn } from "../../core/quotes.ts";
import type { Unjoined } from "../../core/unjoined.ts";
import { now } from "./clock.ts";
import type { Measure } from "./measure.ts";
import { quote } from "./quotes.ts";
import { ROUND_SECONDS, Rounds } from "./rounds.ts";
import { fetchAccount, type Run } from "./run.ts";

/** Until it looks whether a round has arrived; each look is twice as long after the one before, up to a round. */
const FIRST_LOOK_SECONDS = 0.02;

/** How long a target is waited for that takes no connection, or refuses all: long enough for one that is just restarting. */
const UNSENDABLE_MS = 1_000;

/** How long canaries may arrive elsewhere only: the path where they are due may be the slower one. */
const ASTRAY_MS = 5_000;
/** The same as a part of the time that there is, where that is short. */
const ASTRAY_PART = 0.5;

/**
 * How long subscriptions are waited for of which none is live. Those that were refused by words try again in vain, so
 * that a few seconds are enough. A far end that has said nothing may only be slow to accept, as one that joins a group
 * for each connection: nothing proves that it never will, so that it has half of the time, which CANARY_TIMEOUT sets.
 */
const UNJOINED_MS = 5_000;
const SILENT_PART = 0.5;

/** How a test sends its canaries. */
export interface Canaries {
  /** Subscribers that must have joined before the load starts. */
  readonly wanted: { readonly paths?: number | undefined; readonly publishers: number };
  /** Events whose attributes the canaries take in turn, so that every path matches some. */
  readonly seqs: readonly number[];
  /**
   * The most canaries that are sent, each variant once at first and the rest evenly over the time: where each stays for
   * good. Unless told, each variant once, and again after growing pauses.
   */
  readonly most?: number;
  /** How many more are sent when the pipeline is known to work, to warm it up, and whether all are through; none unless told. */
  readonly warmUp?: { readonly events: number; hasDrained(): Promise<boolean> };
  /** Publishes the canary with the attributes of event `seq`. */
  send(seq: number): unknown;
  /** Why none can arrive, where no canary so far could be sent at all; null where one was, or none was tried. */
  unsendable?(): string | null;
  /** Why the target takes none, where it has refused all so far; null where it has not. */
  refused?(): string | null;
  /** Where they arrived instead of where they are due, and what to do; null where none did. */
  astray?(account: Account | null): string | null;
  /** Why subscriptions are not live, as far as those who hold them tell; null where they tell nothing. @param live how many are. */
  unjoined?(live?: string): Unjoined | null;
  /** Says why the test goes on although none has arrived; null when it must not. */
  goOn?(account: Account | null): string | null;
  /** Says why none has arrived, one cause after the other. */
  explain(account: Account | null): Promise<readonly string[] | Silence> | readonly string[] | Silence;
  /** Told how many were sent, and how many of them a pipeline that is proven dead has swallowed. */
  readonly swallowed?: Measure;
}

/** Why no canary has arrived. */
export interface Silence {
  readonly causes: readonly string[];
  /** What was sent was acknowledged and taken, so that the pipeline is to blame, and not what this run cannot see. */
  readonly swallowed: boolean;
}

/** How many canaries were needed, and how many warmed the pipeline up. */
export interface SentCanaries {
  readonly needed: number;
  readonly warming: number;
}

/** What quotes of a silence are about. */
export const CANARIES = "canaries:";

/** What quotes of paths without a canary are about. */
const SILENT = "paths without a canary:";

/** Which part of the paths no canary reached before the load, in words; null where each had one. */
export function silentPaths(root: Checks | undefined): string | null {
  return quotesIn(root).find(({ about }) => about === SILENT)?.text ?? null;
}

/**
 * Sends canaries until each path has received one, so that load starts on a pipeline that is known to
 * work from end to end. Health endpoints are not believed. Ends the test (k6 exits 108) when no canary
 * has arrived in time, when another publisher of the run is missing, because the run would end without it,
 * or when there are fewer paths than were asked for: the run would be judged by those that are there.
 */
export async function awaitCanaries(
  receiver: string,
  run: Run,
  seconds: number,
  canaries: Canaries,
): Promise<SentCanaries> {
  const { seqs, wanted, most } = canaries;
  const deadline = now() + seconds * 1000;
  const leastPaths = wanted.paths ?? 1;
  let account: Account | null = null;
  const rounds = new Rounds({ variants: seqs.length, most, deadline });
  const isTried = lasting(UNSENDABLE_MS);
  const isRefused = lasting(UNSENDABLE_MS);
  const isAstray = lasting(Math.min(ASTRAY_MS, ASTRAY_PART * 1000 * seconds));
  const isUnjoined = lasting(Math.min(UNJOINED_MS, ASTRAY_PART * 1000 * seconds));
  const isSilent = () => now() - deadline + seconds * 1000 >= SILENT_PART * 1000 * seconds;
  let pause = FIRST_LOOK_SECONDS;
  const look = () => {
    sleep(pause);
    pause = Math.min(ROUND_SECONDS, 2 * pause);
  };
  for (; now() < deadline; look()) {
    account = fetchAccount(receiver, run.id) ?? account;
    const { paths, ready, publishers } = account ?? NOBODY;
    const allReady = paths > 0 && ready === paths;
    if (allReady && paths >= leastPaths && publishers >= wanted.publishers) {
      return arrived(canaries, rounds.sent, await warm(canaries));
    }
    // Where some path has had one, the load tells more: what was copied elsewhere, or lost.
    const astray = ready > 0 ? null : (canaries.astray?.(account) ?? null);
    if (isAstray(astray !== null) && astray !== null) exec.test.abort(astray);
    const unjoined = paths > 0 ? null : (canaries.unjoined?.() ?? null);
    const isRefusedForGood = isUnjoined(unjoined?.isSilent === false);
    if (unjoined !== null && (isRefusedForGood || isSilent())) exec.test.abort(unjoined.why);
    if (paths === 0 || allReady) continue;
    const first = rounds.sent;
    const round = rounds.due(now(), { paths, ready, isComplete: paths >= leastPaths });
    if (round === 0) continue;
    pause = FIRST_LOOK_SECONDS;
    for (let place = first; place < first + round; place++) {
      await canaries.send(seqs[place % seqs.length] as number);
    }
    const refusal = canaries.refused?.() ?? null;
    if (isRefused(refusal !== null)) exec.test.abort(`no canary could be sent: ${refusal}`);
    if (refusal !== null) rounds.refused(now());
    if (isTried(true)) await refuseUnsendable(canaries, account);
  }
  const { sent } = rounds;
  const { paths, ready, publishers } = account ?? NOBODY;
  if (publishers < wanted.publishers) {
    exec.test.abort(`${publishers} of ${wanted.publishers} publishers joined run ${run.id} within ${seconds} s`);
  }
  if (paths > 0 && paths < leastPaths) {
    const live = `${paths} of ${leastPaths} subscriptions became live within ${seconds} s`;
    exec.test.abort(canaries.unjoined?.(live)?.why ?? `${live}, and nobody said why the others did not`);
  }
  if (ready > 0) {
    const reached = `canaries reached ${ready} of ${paths} paths in ${seconds} s`;
    console.warn(`${reached}; going on`);
    quote(SILENT, reached);
    return arrived(canaries, sent, 0);
  }
  const warning = canaries.goOn?.(account) ?? null;
  if (warning !== null) {
    console.warn(`no canary arrived within ${seconds} s, and the load is sent all the same: ${warning}`);
    return { needed: sent, warming: 0 };
  }
  const explained = await canaries.explain(account);
  const { causes, swallowed } = "causes" in explained ? explained : { causes: explained, swallowed: false };
  const told = causes.map((cause) => `; ${cause}`).join("");
  if (paths === 0) exec.test.abort(`no subscriber joined run ${run.id} within ${seconds} s${told}`);
  if (swallowed && sent > 0) {
    canaries.swallowed?.add(sent, sent);
    for (const cause of causes) quote(CANARIES, cause);
  }
  exec.test.abort(
    `no canary arrived on ${paths === 1 ? "the only path" : `any of ${paths} paths`} within ${seconds} s${told}`,
  );
  return { needed: sent, warming: 0 };
}

/** What tells whether something has been true for so long, whenever it was asked. */
function lasting(ms: number): (isTrue: boolean) => boolean {
  let from: number | null = null;
  return (isTrue) => {
    from = isTrue ? (from ?? now()) : null;
    return from !== null && now() - from >= ms;
  };
}

/** Ends the test where the target took no connection for any canary: it would not take one later. */
async function refuseUnsendable({ unsendable, explain }: Canaries, account: Account | null): Promise<void> {
  const why = unsendable?.() ?? null;
  if (why === null) return;
  const explained = await explain(account);
  const causes = "causes" in explained ? explained.causes : explained;
  const told = causes.some((cause) => cause.includes(why)) ? causes : [why, ...causes];
  exec.test.abort(`no canary could be sent: ${told.join("; ")}`);
}

/** Sent together, so that a target has something to do at any time; and how long a target is waited for in all. */
const WARM_UP_ROUND = 50;
const WARM_UP_SECONDS = 10;
const WARM_UP_PAUSE_SECONDS = 0.01;

/** A closed loop: a target that is slow gets less, and none of it is left to stand before the load. */
async function warm({ send, seqs, warmUp }: Canaries): Promise<number> {
  const deadline = now() + WARM_UP_SECONDS * 1000;
  let sent = 0;
  while (warmUp !== undefined && sent < warmUp.events && now() < deadline) {
    for (const end = Math.min(warmUp.events, sent + WARM_UP_ROUND); sent < end; sent++) {
      await send(seqs[sent % seqs.length] as number);
    }
    while (!(await warmUp.hasDrained()) && now() < deadline) sleep(WARM_UP_PAUSE_SECONDS);
  }
  return sent;
}

function arrived({ swallowed }: Canaries, needed: number, warming: number): SentCanaries {
  swallowed?.add(0, Math.max(1, needed));
  return { needed, warming };
}

const NOBODY = { paths: 0, ready: 0, publishers: 0 };
