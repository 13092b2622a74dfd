/** What a frame costs whose `type` comes last, beside one in the order of the contract. */
import { execa } from "execa";
import { k6Program } from "../cli/k6.ts";
import { bench, bundled, held, root } from "./bench.ts";

/** Frames in the order of the gateway in the field may cost so much more than those of the contract. */
const MOST = 1.3;

await bench("frames whose type comes last", async (folder) => {
  const script = await bundled("frames", folder);
  const { all } = await execa(k6Program(root), ["run", "--quiet", "--address", "", script], { all: true });
  const [, measured = "{}"] = /measured (\{.*\})"/.exec(all.replaceAll("\\", "")) ?? [];
  const { contract, last, ratio } = JSON.parse(measured) as Readonly<Record<string, number>>;
  console.log(`  ${contract?.toFixed(2)} us in the contract's order, ${last?.toFixed(2)} us with type last`);
  console.log(`  ${ratio?.toFixed(2)} times as much`);
  held([`at most ${MOST} times as much`, ratio !== undefined && ratio <= MOST]);
});
