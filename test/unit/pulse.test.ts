import { expect, test } from "vitest";
import { variants } from "../../systems/pulse/events.ts";
import { CHAIN_NUMBERS } from "../../systems/pulse/wire.ts";

test("every chain of the contract has a number of its own", () => {
  expect(CHAIN_NUMBERS).toEqual({
    solana: 1,
    ethereum: 2,
    polygon: 3,
    arbitrum: 4,
    optimism: 5,
    base: 6,
    avalanche: 7,
    bsc: 8,
  });
  expect(variants({ seed: 0, chains: Object.keys(CHAIN_NUMBERS) })).toHaveLength(8 * 40);
});
