/** The credentials of Node's requests, from the same settings as in k6. */

import { readFileSync } from "node:fs";
import { type Headers, readHeaders } from "../core/headers.ts";
import type { TlsOptions } from "../core/ownaccess.ts";
import { whyUnread } from "../core/problem.ts";
import { readTokens } from "../core/token.ts";
import { type AccessSettings, shownHeaders, unfitness } from "../systems/access.ts";

/** Headers and certificates of a request. */
export interface Credentials {
  readonly headers: Headers;
  readonly tls: TlsOptions;
}

/**
 * Reads the files in the settings. Of several tokens it takes the first; a renewable one is not fetched here.
 *
 * @param prefix prefix of the settings, e.g. `WS`.
 * @throws an error in one line that names the variable.
 */
export function readCredentials(given: AccessSettings, prefix: string): Credentials {
  const read = (name: "HEADERS_FILE" | "TOKENS" | "CERT" | "KEY" | "CA") => {
    const file = given[name];
    if (file === undefined) return undefined;
    try {
      return readFileSync(file, "utf8");
    } catch (problem) {
      throw new Error(`${prefix}_${name}=${file}: ${whyUnread(problem)}`);
    }
  };
  const [cert, key, ca] = [read("CERT"), read("KEY"), read("CA")];
  const filed = readHeaders(read("HEADERS_FILE") ?? "");
  if (given.HEADERS_FILE !== undefined && filed === undefined) {
    throw new Error(
      `${prefix}_HEADERS_FILE=${given.HEADERS_FILE}: allowed: "Name: value" on a line each, or a JSON object`,
    );
  }
  const headers = { ...filed, ...given.HEADERS };
  const unfit = unfitness(given, prefix, headers);
  if (unfit !== null) throw new Error(unfit);
  const [token] = readTokens(read("TOKENS") ?? "");
  if (given.TOKENS !== undefined && token === undefined) {
    throw new Error(`${prefix}_TOKENS=${given.TOKENS}: holds no token`);
  }
  const shown = shownHeaders(given, headers);
  return {
    headers: token === undefined ? shown : { ...shown, Authorization: `Bearer ${token}` },
    tls: {
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
      ...(given.INSECURE === true ? { rejectUnauthorized: false } : {}),
    },
  };
}
