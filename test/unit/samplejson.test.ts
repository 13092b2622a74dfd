import { describe, expect, test } from "vitest";
import { requestIn } from "../../cli/own/samplejson.ts";

describe("a request is read as it went over the wire", () => {
  test.each([
    [
      "with its first line",
      'POST /hooks HTTP/1.1\r\nHost: a\r\nX-Order-Id: 7\r\n\r\n{"ok":true}',
      { Host: "a", "X-Order-Id": "7" },
    ],
    ["without it", 'X-Order-Id:7\n\n{"ok":true}', { "X-Order-Id": "7" }],
    ["as an answer", 'HTTP/2 200\nX-Order-Id: 7\n\n{"ok":true}', { "X-Order-Id": "7" }],
  ])("%s", (_, text, headers) => {
    expect(requestIn(text)).toEqual({ headers, body: '{"ok":true}' });
  });

  test.each(["hello ORD-1", "a: b", "a line\n\nanother", "<a>b: c</a>\n\nd", ""])("%j is none", (text) => {
    expect(requestIn(text)).toBeUndefined();
  });
});
