/** How soon virtual users report what the run waits for. */
import { expect, test, vi } from "vitest";
import { Pace } from "../../k6/support/pace.ts";

const instance = vi.hoisted(() => ({ vusInitialized: 50 }));
vi.mock("k6/execution", () => ({ default: { instance } }));

test.each([
  [1, 1, 50],
  [50, 1, 50],
  [200, 1, 200],
  [50, 20, 1_000],
  [50, 100, 2_000],
])("%i virtual users in each of %i processes report after %i ms", (users, instances, soon) => {
  instance.vusInitialized = users;
  const pace = new Pace(2_000, instances);
  expect(pace.hurry()).toBe(soon < 2_000);
  expect(pace.pause).toBe(soon);
});
