/** A target that sends events elsewhere. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** What a login page would answer to whoever is sent there. */
export const ELSEWHERE = "/elsewhere";

/** A target that lists what it took, and sends some events elsewhere. */
export async function redirectingTarget(isSentOn: (text: string) => boolean) {
  const orders: { id: string; text: string }[] = [];
  const followed: string[] = [];
  let posted = 0;
  const server = createServer(async (request, answer) => {
    const text = (await request.toArray()).join("");
    if (request.url?.startsWith(ELSEWHERE)) followed.push(request.url);
    if (request.method === "POST") {
      posted++;
      if (isSentOn(text)) return answer.writeHead(302, { Location: ELSEWHERE }).end();
      orders.push({ id: String(orders.length), text });
    }
    return answer.end(JSON.stringify(orders));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, followed, posted: () => posted };
}
