/** `throughline stimulate` disturbs a webhook pipeline during a load, as the field does. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../../../core/shape.ts";
import { number, url } from "../../../../target/commandline.ts";
import { addEntries } from "./entries.ts";
import { type Misbehaviour, misbehave } from "./receiver.ts";
import { wait } from "./wait.ts";

interface Flags {
  readonly after: number;
  readonly for: number;
  readonly receiverUrl?: string;
  readonly unavailable: number;
  readonly notFound: number;
  readonly dropped: number;
  readonly delay: number;
  readonly outage?: true;
  readonly redisUrl?: string;
  readonly stream: string;
  readonly poison: number;
  readonly doubled: number;
}

const EXAMPLES = `
A run says in its first line where its receiver is. In another shell, while it runs:
  throughline stimulate --receiver-url http://127.0.0.1:4800 --unavailable 0.05 --not-found 0.02 --for 10s
  throughline stimulate --receiver-url http://127.0.0.1:4800 --outage --after 5s --for 8s
  throughline stimulate --redis-url redis://127.0.0.1:6379 --stream events:11155111 --poison 3 --doubled 5

What was set at the receiver is undone at the end, also after Ctrl-C. Entries that were added stay in the stream.
Exit codes: 0, 2 wrong usage, 3 when it could not be done.`;

/** Adds the command. @param interrupted stops it in order. */
export function addStimulateCommand(program: Command, interrupted: AbortSignal): void {
  program
    .command("stimulate")
    .description("make a receiver misbehave, and add poison to a stream, while a load runs")
    .addOption(time("--after <time>", "wait so long first", 0))
    .addOption(time("--for <time>", "how long the receiver misbehaves", 10))
    .option("--receiver-url <url>", "the receiver that webhooks arrive at", url("http", "https"))
    .option("--unavailable <share>", "share of the webhooks that are answered 503", share, 0)
    .option("--not-found <share>", "share of the webhooks that are answered 404", share, 0)
    .option("--dropped <share>", "share of the webhooks whose connection is cut without an answer", share, 0)
    .addOption(time("--delay <time>", "every answer waits so long", 0))
    .option("--outage", "no webhook is answered at all: the same as --dropped 1")
    .option("--redis-url <url>", "the Redis of the stream", url("redis", "rediss"))
    .option("--stream <key>", "the stream that the pipeline reads", "events:11155111")
    .option("--poison <number>", "entries that cannot be read, to be added evenly over the time", number(0, 10_000), 0)
    .option("--doubled <number>", "entries of the stream that are added a second time", number(0, 10_000), 0)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: Flags) => {
      const settings = misbehaviourOf(flags);
      const adds = flags.poison + flags.doubled > 0;
      if (settings === null && !adds)
        throw new RangeError(
          "stimulate: nothing to do: give --unavailable, --not-found, --dropped, --delay, --outage, --poison or --doubled",
        );
      if (settings !== null && flags.receiverUrl === undefined) {
        throw new RangeError("stimulate: a receiver misbehaves; give --receiver-url");
      }
      if (adds && flags.redisUrl === undefined)
        throw new RangeError("stimulate: a stream is added to; give --redis-url");
      await wait(flags.after, interrupted);
      if (interrupted.aborted) return;
      await Promise.all([
        settings === null ? null : misbehave(flags.receiverUrl as string, settings, flags.for, interrupted),
        adds ? addEntries({ ...flags, redisUrl: flags.redisUrl as string, seconds: flags.for }, interrupted) : null,
      ]);
    });
}

function misbehaviourOf({ unavailable, notFound, dropped, delay, outage }: Flags): Misbehaviour | null {
  if (outage === true) return { unavailable: 0, notFound: 0, dropped: 1, delay: 0 };
  return unavailable + notFound + dropped + delay === 0
    ? null
    : { unavailable, notFound, dropped, delay: delay * 1000 };
}

function time(flags: string, description: string, seconds: number): Option {
  return new Option(flags, description).argParser(duration).default(seconds, `${seconds}s`);
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError("allowed: a duration such as 500ms, 10s or 1m");
  }
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError("allowed: a number from 0 to 1");
}
