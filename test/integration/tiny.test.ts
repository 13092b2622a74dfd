/** Loads that are too small to be judged: one line before the load, or a verdict that proves nothing; never k6's own words. */
import { expect, test } from "vitest";
import { TESTS } from "../../scenarios.ts";
import { gatewayWith, useNats } from "./gateway.ts";
import { k6, runBundle } from "./k6.ts";

useNats();

const BAD_SETTING = 107;
const TINY: readonly Readonly<Record<string, string>>[] = [
  { DURATION: "1ms" },
  { DURATION: "100ms" },
  { TIME_SCALE: "0.0001" },
  { LOAD_SCALE: "0.0001" },
];

test.each(TESTS.flatMap((name) => TINY.map((tiny) => [name, tiny] as const)))(
  "k6 takes the configuration of %s with %j, or one line says what is wrong",
  async (name, tiny) => {
    const needed = { WEBHOOK_TOKEN: "t", WEBHOOK_SECRET: "hunter2-of-nobody" };
    const { exitCode, errors } = await k6(["inspect", "--execution-requirements", `dist/${name}.js`], {
      ...needed,
      ...tiny,
    });
    const [[variable, value]] = Object.entries(tiny) as [[string, string]];
    const line = expect.stringMatching(
      `^${variable}=${value}.*: the load (lasts|has|peaks at) .*: allowed: [\\d.]+ to`,
    );
    expect({ exitCode, errors }).toEqual(
      exitCode === 0 ? { exitCode, errors: [] } : { exitCode: BAD_SETTING, errors: [line] },
    );
  },
);

test.each([
  ["websocket", { VUS: "1" }],
  ["http", { VUS: "1" }],
] as const)("%s is refused for 100 ms, and runs for 1 s to prove nothing", async (name, variables) => {
  const { url, wsUrl } = await gatewayWith();
  const told = { HTTP_URL: url, WS_URL: wsUrl, ...variables };
  const refused = await runBundle(name, { ...told, DURATION: "100ms" });
  expect(refused.exitCode).toBe(BAD_SETTING);
  expect(refused.errors).toEqual([
    expect.stringMatching(/^DURATION=100ms, VUS=1: the load lasts 0\.1 s: allowed: 1 to .*; so few samples cannot be/),
  ]);
  const { exitCode, stdout, log } = await runBundle(name, { ...told, DURATION: "1s" });
  expect(exitCode, log).toBe(99);
  expect(stdout).toMatch(new RegExp(`^INVALID {2}${name}`, "m"));
});
