import { type Headers, readHeaders } from "../../core/headers.ts";
import { hide } from "../../core/redaction.ts";
import { type AccessSettings, givenOf, secretsShown, shownHeaders, unfitness } from "../../systems/access.ts";
import { certificateOptions } from "./certificates.ts";
import { readFile } from "./files.ts";

/** What a test was told of its way into the target, read and found fit. */
export interface Entrance extends Pick<AccessSettings, "TOKENS" | "TOKEN_URL" | "TOKEN_FORM" | "TOKEN_LASTS"> {
  /** What k6 has to know of certificates; to be part of a test's options. */
  readonly options: object;
  /** What requests carry beside a token that is renewed or one of many. */
  readonly headers: Headers;
}

/**
 * Reads it. To be called in the init context.
 *
 * @param prefix what the test's variables begin with, e.g. `WS`.
 * @throws a string of one line when what was given cannot be used.
 */
export function entranceOf(settings: object, prefix: string): Entrance {
  const given = givenOf(settings, prefix);
  const headers = { ...fileHeaders(given.HEADERS_FILE, prefix), ...given.HEADERS };
  refuseUnfit(given, prefix, headers);
  const options = certificateOptions(given, prefix);
  const shown = shownHeaders(given, headers);
  hide(...secretsShown(given, shown));
  const { TOKENS, TOKEN_URL, TOKEN_FORM, TOKEN_LASTS } = given;
  return { TOKENS, TOKEN_URL, TOKEN_FORM, TOKEN_LASTS, options, headers: shown };
}

function refuseUnfit(given: AccessSettings, prefix: string, headers: Headers): void {
  const unfit = unfitness(given, prefix, headers);
  if (unfit !== null) throw unfit;
  if (given.TOKEN_COMMAND !== undefined) {
    throw (
      `${prefix}_TOKEN_COMMAND: k6 starts no programs: start the test by throughline run, which runs the command, ` +
      `or give ${prefix}_TOKEN_URL`
    );
  }
}

function fileHeaders(file: string | undefined, prefix: string): Headers {
  if (file === undefined) return {};
  const headers = readHeaders(readFile(file, `${prefix}_HEADERS_FILE`));
  if (headers === undefined)
    throw `${prefix}_HEADERS_FILE=${file}: allowed: "Name: value" on a line each, or a JSON object`;
  return headers;
}
