/** What it costs one receiver to account for many subscriptions: memory of each, and deliveries per second. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "../core/account.ts";
import { eventId, runNumber } from "../core/trace.ts";
import { event } from "../systems/pulse/events.ts";
import { filterFor, matches } from "../systems/pulse/filters.ts";
import { bench, held, root } from "./bench.ts";

const SUBSCRIPTIONS = 100_000;
/** As many subscriptions report together as one virtual user may hold. */
const TOGETHER = 1_000;
const EVENTS = 20_000;
const RUN = "subscriptions";
const WORKLOAD = { seed: 1, chains: ["ethereum", "solana"] };

await bench(`${SUBSCRIPTIONS} subscriptions at one receiver`, async () => {
  const program = join(root, "dist/node/receiver.js");
  const child = spawn(process.execPath, [program, "--port", "0", "--exit-with-stdin"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  try {
    const events = Array.from({ length: EVENTS }, (_, seq) => event(WORKLOAD, seq));
    const filter = filterFor("complex", events[0] as (typeof events)[number]);
    const seqs = events.flatMap((each, seq) => (matches(filter, each) ? [seq] : []));
    await post(url, "", WORKLOAD);
    const empty = await residentMegabytes();
    const from = Date.now() - 10_000;
    const publishedAt = from + 1;
    const ids = seqs.map((seq) => eventId({ run: runNumber(RUN), publisher: 1, seq, publishedAt })).join("");
    const arrivals = (path: string, closed: boolean) => ({
      ...{ path, filter, from, through: Date.now(), closed },
      ...{ ids, times: seqs.map(() => 2_000) },
    });
    const started = performance.now();
    for (let first = 0; first < SUBSCRIPTIONS; first += TOGETHER) {
      const paths = Array.from({ length: TOGETHER }, (_, place) => arrivals(`path/${first + place}`, false));
      await post(url, "/arrivals", { paths });
    }
    const seconds = (performance.now() - started) / 1000;
    const megabytes = (await residentMegabytes()) - empty;
    console.log(
      `  ${seqs.length} deliveries each out of ${EVENTS} events: ` +
        `${Math.round((SUBSCRIPTIONS * seqs.length) / seconds)} deliveries/s entered, ` +
        `${((megabytes * 1024) / SUBSCRIPTIONS).toFixed(1)} KB each`,
    );
    const asked = performance.now();
    const account = (await (await fetch(`${url}/runs/${RUN}`)).json()) as Account;
    console.log(`  account of ${account.paths} paths made in ${Math.round(performance.now() - asked)} ms`);
    held(["all subscriptions", account.paths === SUBSCRIPTIONS]);
  } finally {
    child.stdin.end();
    await once(child, "exit");
  }

  /** Resident memory of the receiver, as Linux counts it. */
  async function residentMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${child.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }
});

async function post(receiver: string, what: string, body: object): Promise<void> {
  const answer = await fetch(`${receiver}/runs/${RUN}${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${await answer.text()}`);
}
