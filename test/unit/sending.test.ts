import { describe, expect, test } from "vitest";
import { answerOf, senderOf } from "../../core/sending.ts";
import type { Answer, Send, SeriesOutcome } from "../../core/transport.ts";

const ORDERS = { name: "orders" };

describe("what publish() gives", () => {
  test("may be a function, an object that sends, or one that sends batches", async () => {
    const sent = { outcome: "acknowledged" } as const;
    expect(await senderOf(ORDERS, async () => sent).send?.("a")).toBe(sent);
    let open = true;
    const holder = {
      answer: sent,
      async send(): Promise<Answer> {
        return this.answer;
      },
      close: () => (open = false),
    };
    const sending = senderOf(ORDERS, holder);
    expect(await sending.send?.("a")).toBe(sent);
    sending.close?.();
    expect(open).toBe(false);
    expect(await senderOf(ORDERS, { batch: async (all) => all.map(() => sent) }).batch?.(["a", "b"])).toHaveLength(2);
    const nothing: SeriesOutcome = { sentAt: 1, latenciesMs: [], failures: [] };
    const { series } = senderOf(ORDERS, { series: async (_, { count }) => ({ ...nothing, sentAt: count }) });
    const events = { run: 1, publisher: 2, firstSeq: 3, count: 4, clockCorrection: 0 };
    expect(await series?.({ name: "a", make: () => ({}) }, events, { timeout: 1 })).toMatchObject({ sentAt: 4 });
  });

  test.each<[string, unknown, string]>([
    ["a promise", Promise.resolve(), "orders: publish: returns a promise; it may not be async"],
    ["nothing", undefined, "orders: publish: returns nothing that sends; allowed: a function, { send }, { batch } or"],
    ["an object that sends nothing", { close: () => undefined }, "returns nothing that sends"],
  ])("is not %s", (_, given, message) => {
    expect(() => senderOf(ORDERS, given as Send<unknown>)).toThrow(message);
  });
});

describe("an answer", () => {
  test.each<Answer>([
    "acknowledged",
    "refused",
    "unknown",
    "unsent",
    { outcome: "refused", said: "no room", status: 507 },
  ])("may be %s", (answer) => {
    expect(answerOf(ORDERS, answer)).toBe(answer);
  });

  test.each<[unknown, string]>([
    ["ok", 'answers "ok"; allowed: acknowledged, refused, unknown'],
    [{ outcome: "acknowleged" }, 'answers "acknowleged"'],
    [{ status: 202 }, "answers undefined"],
    [undefined, "answers undefined"],
    [null, "answers object"],
    [true, "answers boolean"],
  ])("is not %j, which would pass for acknowledged", (given, message) => {
    expect(() => answerOf(ORDERS, given as Answer)).toThrow(message);
  });
});
