import ora from "ora";
import * as v from "valibot";
import { isOnlyCounted } from "../../core/counts.ts";
import { fetchWithLogin } from "../fetch.ts";
import { AccountSchema } from "../result.ts";

/** Intervals of updates on a terminal and in a log. */
const TERMINAL_MS = 1_000;
const LOG_MS = 5_000;

/** Progress messages of a run. */
export interface Progress {
  /** Prints a permanent line. */
  say(text: string): void;
  /**
   * A group of tests begins.
   *
   * @param seconds duration of its load.
   * @param account URL of the run's account; null for tests without one.
   */
  begin(what: string, seconds: number, account: string | null): void;
  end(): void;
}

/**
 * Reports the progress of a run to standard error: in one line that is rewritten on a terminal, in plain lines
 * elsewhere.
 */
export function startProgress(): Progress {
  const { isTTY, columns } = process.stderr;
  // Without a known width, a line on a terminal cannot be rewritten.
  const terminal = isTTY === true && columns > 0 && process.env["CI"] === undefined;
  const spinner = terminal ? ora({ discardStdin: false, interval: 250 }) : null;
  let timer: NodeJS.Timeout | undefined;
  /** The current group; late answers for an earlier one are ignored. */
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
        // Canaries precede the first event and take an unknown time.
        if ((known?.published ?? 0) + (known?.unsent ?? 0) > 0) started ??= known?.span?.from ?? asked;
        const line = started === null ? null : lineOf(known, seconds, Date.now() - started);
        if (group !== own) return;
        if (line !== null && spinner !== null) spinner.text = line;
        else if (line !== null) say(line);
        // A large account takes the receiver a while; polling must not become a load of its own.
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
 * @param account null without an account.
 * @param seconds duration of the load.
 * @param elapsed ms since the load began.
 * @returns null when there is nothing to show yet.
 */
export function lineOf(account: Account | null, seconds: number, elapsed: number): string | null {
  const left = seconds - elapsed / 1000;
  const eta = left >= 1 ? `, ${Math.round(left)} s to go` : ", ending";
  if (account === null) return `${Math.round(elapsed / 1000)} s${eta}`;
  const { published, delivered, expected, latency, refused, unknown, unsent } = account;
  if (published + unsent === 0) return null;
  const backlog = Math.max(0, expected - delivered);
  return (
    `${published} published, ${delivered} of ${expected} deliveries${isOnlyCounted(account) ? " by number" : ""}, backlog ${backlog}, ` +
    `${latency.samples === 0 ? "" : `p99 ${latency.p99.toFixed(1)} ms, `}${refused + unknown + unsent} errors${eta}`
  );
}
