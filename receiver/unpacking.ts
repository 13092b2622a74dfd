import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";

/** Largest decompressed body: a small body that becomes gigabytes is an attack. */
export const UNPACKED_LIMIT = 4 * 1024 * 1024;

const unpackers: Readonly<Record<string, (bytes: Buffer, bound: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  br: promisify(brotliDecompress),
  // Some senders omit the zlib header that RFC 9110 requires: the first byte shows it.
  deflate: (bytes, bound) =>
    (((bytes[0] ?? 0) & 0x0f) === 8 ? promisify(inflate) : promisify(inflateRaw))(bytes, bound),
};

/** Values of senders that have not encoded the body. */
const NOTHING_DONE = /^(|identity|none|utf-?8|binary|[78]bit)$/;

/**
 * The text of a body: UTF-8, unless its mark says UTF-16, or its type does and it looks so. Of a wrong type nothing would be
 * left to read, and an identity in UTF-16 is half zeros.
 */
export function textOf(bytes: Buffer, contentType = ""): string {
  const [one, two] = bytes;
  const marked = one === 0xff && two === 0xfe ? "le" : one === 0xfe && two === 0xff ? "be" : undefined;
  const [wide, order] = /charset="?utf-16(le|be)?\b/i.exec(contentType) ?? [];
  if (marked === undefined && (wide === undefined || !bytes.includes(0))) return bytes.toString();
  // Without a mark the order is that of the first character, which is hardly ever beyond Latin.
  const found = marked ?? order?.toLowerCase() ?? (one === 0 ? "be" : "le");
  return new TextDecoder(`utf-16${found}`).decode(bytes);
}

/** Decodes the Content-Encoding of a body, which may be several. @returns what is wrong if that fails. */
export async function unpack(bytes: Buffer, encoding = "identity"): Promise<Buffer | string> {
  const names = encoding
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => !NOTHING_DONE.test(name));
  if (names.length > 3) return "its Content-Encoding names more than three";
  let unpacked = bytes;
  for (const name of names.reverse()) {
    const unpacker = unpackers[name];
    if (unpacker === undefined) return `its Content-Encoding is ${name.slice(0, 60)}; read are gzip, deflate and br`;
    try {
      unpacked = await unpacker(unpacked, { maxOutputLength: UNPACKED_LIMIT });
    } catch (problem) {
      const isTooLarge = (problem as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
      return isTooLarge
        ? `it unpacks to more than ${UNPACKED_LIMIT} bytes`
        : `it is not ${name}, as its Content-Encoding says`;
    }
  }
  return unpacked;
}
