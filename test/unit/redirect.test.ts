import { expect, test } from "vitest";
import { wasRedirected } from "../../k6/support/latency.ts";

test.each([
  ["http://h/orders/%C3%A9", "http://h/orders/%C3%A9", false],
  ["http://h/orders", "http://h/orders/", true],
  ["http://h/orders", "https://h/orders", true],
])("a question to %s that %s answered was redirected: %j", (asked, answered, redirected) => {
  expect(wasRedirected({ url: answered, request: { url: asked } })).toBe(redirected);
});
