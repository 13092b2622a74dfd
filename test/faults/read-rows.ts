/** What subscribers must find where Go reads what comes, as `throughline run` has it: rows of the scripts' matrix. */
import { type PulsePlant, pulse } from "./pulse.ts";
import { PULSE } from "./pulse-rows.ts";
import type { Row, Table } from "./row.ts";
import { STRAYS_OF_PULSE } from "./stray-rows.ts";

const NAMES = [
  ...["healthy 1", "drop=1000", "keep-last=10", "fall-silent=12000", "duplicate=1000", "reorder=200", "swap-pairs"],
  ...["misroute=500", "ignore-filter=accounts", "corrupt=1000", "truncate=1000", "wrong-chains", "forged events"],
  ...["another run beside it", "healthy, nobody settles", "four faults, nobody settles"],
  "repetitions with a damaged digit",
];
const FAST = ["corrupt=1000"];

const rows = [...PULSE.rows, ...STRAYS_OF_PULSE.rows];

export const READ_IN_GO: Table<PulsePlant> = {
  subject: pulse,
  rows: NAMES.map((name): Row<PulsePlant> => {
    const row = rows.find((one) => one.name === name);
    if (row === undefined) throw new Error(`no row is called ${name}`);
    return {
      ...row,
      name: `read in Go: ${name}`,
      plant: { ...row.plant, bundle: "sockets" },
      fast: FAST.includes(name),
    };
  }),
};
