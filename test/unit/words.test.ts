import { describe, expect, test } from "vitest";
import { closeWords, failureWords } from "../../core/closewords.ts";
import { describeWords, Words } from "../../core/words.ts";

test.each([
  [{ code: 1008, reason: "quota" }, "1008 quota"],
  [{ code: 4401 }, "4401"],
  [{ code: 1000, reason: "line\r\nbreak" }, "1000 line\\u000d\\u000abreak"],
  [{ code: 1006, reason: "unexpected EOF" }, "broke off without a close frame (1006)"],
  [{ reason: "" }, "closed without a close frame"],
  [undefined, "closed without a close frame"],
])("a connection that ends with %j was ended by: %s", (end, words) => expect(closeWords(end)).toBe(words));

describe("words", () => {
  test("are counted apart, and told the most frequent first", () => {
    const words = new Words();
    expect(words.isEmpty).toBe(true);
    words.count("closed", "1000 rotate", 3);
    words.count("closed", "1008 quota", 80);
    words.count("refused", "maximum messages exceeded", 540);
    expect(describeWords(words.list())).toEqual([
      "refused by the target: maximum messages exceeded: 540",
      "connections ended by the target: 1008 quota: 80; 1000 rotate: 3",
    ]);
    expect(words.take()).toHaveLength(3);
    expect(words.isEmpty).toBe(true);
  });

  test("that are never the same twice fill no memory, and none is lost of the sum", () => {
    const words = new Words();
    for (let number = 0; number < 500; number++) words.count("refused", `request ${number}`);
    const list = words.list();
    expect(list.length).toBeLessThanOrEqual(51);
    expect(list.reduce((sum, { count }) => sum + count, 0)).toBe(500);
  });

  test("show no login, and stay short", () => {
    const words = new Words();
    words.count("refused", `http://u:hunter2@host ${"x".repeat(1_000)}`);
    expect(words.list()[0]?.text).not.toContain("hunter2");
    expect(words.list()[0]?.text.length).toBeLessThan(210);
  });
});

test.each([
  ["websocket: close 1008 (policy violation): quota", "1008 quota"],
  ["websocket: close 4401: token expired", "4401 token expired"],
  ["websocket: close 1001 (going away)", "1001"],
  ["websocket: close 1006 (abnormal closure): unexpected EOF", "broke off without a close frame (1006)"],
  ["websocket: bad handshake", "websocket: bad handshake"],
])("k6's error %j is told as %j", (error, words) => expect(failureWords(error)).toBe(words));
