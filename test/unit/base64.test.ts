import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../core/base64.ts";

test("texts are written as Node writes them, and read again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(encodeBase64(text)).toBe(Buffer.from(text).toString("base64"));
      expect(decodeBase64(encodeBase64(text))).toBe(text);
      expect(decodeBase64(Buffer.from(text).toString("base64url"))).toBe(text);
    }),
  );
});

test("half of a character is written as Node writes it, and bytes that are no UTF-8 are refused", () => {
  expect(encodeBase64("\ud83d")).toBe(Buffer.from("\ud83d").toString("base64"));
  expect(() => decodeBase64("/w==")).toThrow(URIError);
});
