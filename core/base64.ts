/** Base64 of texts in UTF-8 (RFC 4648), for k6, which has neither a Buffer nor `btoa`. */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function encodeBase64(text: string): string {
  const bytes = bytesOf(text);
  let encoded = "";
  for (let place = 0; place < bytes.length; place += 3) {
    const [first = 0, second = 0, third = 0] = bytes.slice(place, place + 3);
    const bits = (first << 16) | (second << 8) | third;
    const digits = [18, 12, 6, 0].map((shift) => DIGITS[(bits >> shift) & 63]).join("");
    const missing = Math.max(0, place + 3 - bytes.length);
    encoded += digits.slice(0, 4 - missing) + "=".repeat(missing);
  }
  return encoded;
}

/** Reads the alphabet of URLs as well, and leaves out what is no digit. @throws URIError where it is no UTF-8. */
export function decodeBase64(encoded: string): string {
  let written = "";
  let bits = 0;
  let known = 0;
  for (const character of encoded.replaceAll("-", "+").replaceAll("_", "/")) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) continue;
    bits = ((bits << 6) | digit) & 0xfff;
    known += 6;
    if (known < 8) continue;
    known -= 8;
    written += `%${((bits >> known) & 0xff).toString(16).padStart(2, "0")}`;
  }
  return decodeURIComponent(written);
}

function bytesOf(text: string): number[] {
  const written = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
  const bytes = written.match(/%..|./g) ?? [];
  return bytes.map((byte) => (byte.length > 1 ? Number.parseInt(byte.slice(1), 16) : byte.charCodeAt(0)));
}
