/** Base64, of which k6 has no function outside of its own modules. */

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Encodes the UTF-8 of a text. */
export function encodeBase64(text: string): string {
  const bytes = bytesOf(text);
  let encoded = "";
  for (let place = 0; place < bytes.length; place += 3) {
    const [first = 0, second = 0, third = 0] = bytes.slice(place, place + 3);
    const bits = (first << 16) | (second << 8) | third;
    for (const shift of [18, 12, 6, 0]) encoded += LETTERS[(bits >> shift) & 63];
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return missing === 0 ? encoded : encoded.slice(0, -missing) + "=".repeat(missing);
}

/** Undoes base64, also that of URLs. What is no UTF-8 stays bytes. */
export function decodeBase64(text: string): string {
  let bits = 0;
  let held = 0;
  let bytes = "";
  for (const letter of text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "")) {
    held = ((held & 0xff) << 6) | LETTERS.indexOf(letter);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += String.fromCharCode((held >> bits) & 0xff);
  }
  try {
    return decodeURIComponent(bytes.replace(/./gs, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`));
  } catch {
    return bytes;
  }
}

/** Half a character has no UTF-8 and becomes the replacement character. */
function bytesOf(text: string): number[] {
  const escaped = encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\ufffd"));
  return [...escaped.matchAll(/%(..)|./gs)].map(([letter, hex]) =>
    hex === undefined ? letter.charCodeAt(0) : Number.parseInt(hex, 16),
  );
}
