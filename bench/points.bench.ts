/** How many points a second reach InfluxDB at 10,000 deliveries a second, by k6's own output and by ours. */

import { join } from "node:path";
import { execa } from "execa";
import { startService } from "../cli/service.ts";
import { startInfluxd } from "../test/databases.ts";
import { bench, held, root } from "./bench.ts";
import { startFlood } from "./flood.ts";

const VUS = 20;
const RATE_EACH = 500;
const SECONDS = 15;

interface Answer {
  readonly results: readonly {
    readonly series?: readonly { readonly name: string; readonly values: readonly (readonly [string, number])[] }[];
  }[];
}

for (const output of ["influxdb", "throughline"]) {
  await bench(`points at ${VUS * RATE_EACH} deliveries/s by --out ${output}`, (folder) => measure(folder, output));
}

async function measure(folder: string, output: string): Promise<void> {
  const influxd = await startInfluxd();
  const program = [process.execPath, join(root, "dist/node/receiver.js"), "--port", "0"];
  const receiver = await startService("receiver", program, join(folder, "receiver.log"));
  const workload = { seed: 1, chains: ["ethereum", "solana"] };
  const flood = await startFlood(receiver.url, "points", workload);
  try {
    const variables = {
      ...{ RUN_ID: "points", RECEIVER_URL: receiver.url, WS_URL: flood.wsUrl, FILTERS: "all", VUS: String(VUS) },
      ...{ DURATION: `${SECONDS + 30}s`, END_WHEN_SETTLED: "1" },
    };
    const settings = Object.entries(variables).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const out = ["--out", `${output}=${influxd.url}/k6`];
    const k6 = execa(
      join(root, "bin/k6"),
      ["run", "--quiet", "--address", "", ...out, ...settings, "dist/websocket.js"],
      {
        reject: false,
        cwd: root,
      },
    );
    await flood.run(RATE_EACH, SECONDS);
    const { stderr } = await k6;
    const counts = await countsOf(influxd.url);
    const total = counts.reduce((sum, [, count]) => sum + count, 0);
    const complaints = stderr.split("\n").filter((line) => /output|flush/.test(line)).length;
    console.log(`  ${(total / SECONDS).toFixed(0)} points/s; the output complained ${complaints} times`);
    held(["any points", total > 0]);
    for (const [name, count] of counts.slice(0, 6)) console.log(`    ${(count / SECONDS).toFixed(0)}/s ${name}`);
  } finally {
    await flood.close();
    await receiver.stop();
    await influxd.stop();
  }
}

/** The points of each measurement, most first. */
async function countsOf(url: string): Promise<(readonly [string, number])[]> {
  const query = encodeURIComponent('SELECT count("value") FROM /.*/');
  const answer = (await (await fetch(`${url}/query?db=k6&q=${query}`)).json()) as Answer;
  return (answer.results[0]?.series ?? [])
    .map(({ name, values }) => [name, values[0]?.[1] ?? 0] as const)
    .sort(([, one], [, other]) => other - one);
}
