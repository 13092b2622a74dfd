import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../core/base64.ts";

test("base64 is what Node makes of it, and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const encoded = Buffer.from(text).toString("base64");
      expect(encodeBase64(text)).toBe(encoded);
      expect(decodeBase64(encoded)).toBe(text);
      expect(decodeBase64(Buffer.from(text).toString("base64url"))).toBe(text);
    }),
  );
});

test("what is no UTF-8 stays bytes", () => expect(decodeBase64("/w==")).toBe("\u00ff"));
