import ora from "ora";
import * as v from "valibot";
import { fetchWithLogin } from "../fetch.ts";
import { AccountSchema } from "../result.ts";

/** How often a terminal and a log are told. */
const TERMINAL_MS = 1_000;
const LOG_MS = 5_000;

/** What is told while a run goes on. */
export interface Progress {
  /** One line that stays. */
  say(text: string): void;
  /**
   * A group of tests has begun.
   *
   * @param seconds how long its load lasts.
   * @param account where the account of the run is; null for tests without one.
   */
  begin(what: string, seconds: number, account: string | null): void;
  end(): void;
}

/**
 * Tells on standard error how a run goes: in one line that changes where somebody looks at a terminal,
 * in plain lines everywhere else.
 */
export function startProgress(): Progress {
  const { isTTY, columns } = process.stderr;
  // A terminal that does not tell its width cannot be written over.
  const terminal = isTTY === true && columns > 0 && process.env["CI"] === undefined;
  const spinner = terminal ? ora({ discardStdin: false, interval: 250 }) : null;
  let timer: NodeJS.Timeout | undefined;
  /** Which group is told of; what was asked for one before it comes too late. */
  let group = 0;
  const say = (text: string) => {
    const spins = spinner?.isSpinning === true;
    if (spins) spinner.clear();
    console.error(`throughline: ${text}`);
    if (spins) spinner.render();
  };
  const end = () => {
    clearTimeout(timer);
    group++;
    spinner?.stop();
  };
  return {
    say,
    end,
    begin: (what, seconds, account) => {
      end();
      const own = group;
      say(what);
      let started = account === null ? Date.now() : null;
      spinner?.start(what);
      const tell = async () => {
        const asked = Date.now();
        const known = account === null ? null : await fetchAccount(account);
        // Before the first event canaries prove the pipeline; how long that takes is not known.
        if ((known?.published ?? 0) > 0) started ??= asked;
        const line = started === null ? null : lineOf(known, seconds, Date.now() - started);
        if (group !== own) return;
        if (line !== null && spinner !== null) spinner.text = line;
        else if (line !== null) say(line);
        // A large account takes the receiver a while; asking must not become a load of its own.
        timer = setTimeout(tell, Math.max(terminal ? TERMINAL_MS : LOG_MS, 20 * (Date.now() - asked)));
      };
      timer = setTimeout(tell, terminal ? TERMINAL_MS : LOG_MS);
    },
  };
}

type Account = v.InferOutput<typeof AccountSchema>;

async function fetchAccount(url: string): Promise<Account | null> {
  try {
    const answer = await fetchWithLogin(url, { signal: AbortSignal.timeout(10_000) });
    const parsed = v.safeParse(AccountSchema, await answer.json());
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/**
 * One line about a run.
 *
 * @param account null when the tests are not accounted for, or it cannot be had.
 * @param seconds how long the load lasts, and `elapsed` ms since it was started.
 * @returns null when there is nothing to tell yet.
 */
export function lineOf(account: Account | null, seconds: number, elapsed: number): string | null {
  const left = seconds - elapsed / 1000;
  const eta = left >= 1 ? `, ${Math.round(left)} s to go` : ", ending";
  if (account === null) return `${Math.round(elapsed / 1000)} s${eta}`;
  const { published, delivered, expected, latency, refused, unknown } = account;
  if (published === 0) return null;
  const backlog = Math.max(0, expected - delivered);
  return (
    `${published} published, ${delivered} of ${expected} deliveries, backlog ${backlog}, ` +
    `p99 ${latency.p99.toFixed(1)} ms, ${refused + unknown} errors${eta}`
  );
}
