import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { fetchWithLogin } from "../../cli/fetch.ts";

test.each([
  ["", undefined],
  ["user:p%40ss@", `Basic ${Buffer.from("user:p@ss").toString("base64")}`],
])("http://%shost is asked with the header %j", async (login, header) => {
  const server = createServer(({ headers, url }, answer) => answer.end(`${url} ${headers.authorization}`));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await fetchWithLogin(`http://${login}127.0.0.1:${port}/health`, {
    signal: AbortSignal.timeout(5_000),
  });
  expect(await answer.text()).toBe(`/health ${header}`);
});
