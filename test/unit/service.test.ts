import { expect, test } from "vitest";
import { startService } from "../../cli/service.ts";

test("a service whose log cannot be written goes on", async () => {
  const announced = 'console.log(JSON.stringify({ service: "talker", url: "http://h" }));';
  // More than a pipe holds.
  const program = `${announced} process.stderr.write("x".repeat(1e6), () => process.exit(7))`;
  const service = await startService("talker", [process.execPath, "-e", program, "--"], "/dev/full");
  await expect.poll(() => service.ended(), { timeout: 5_000 }).toMatch(/^talker ended \(code 7\)/);
});
