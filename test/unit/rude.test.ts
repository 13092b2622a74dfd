/** The bundle that only our own k6 can run, on one that was built before it. */
import { expect, test, vi } from "vitest";

vi.mock("k6/x/sockets", () => ({ follow: () => undefined, vanish: () => 0, Sockets: undefined }));
vi.mock("k6/execution", () => ({ default: {} }));

test("a module without the class is told in one line", async () => {
  await expect(import("../../systems/pulse/k6/rude.ts")).rejects.toThrow(
    "bin/k6 is older than this bundle: npm run build",
  );
});
