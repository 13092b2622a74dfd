import { type AccessSettings, givenOf } from "../../systems/access.ts";
import { readFile } from "./files.ts";

/** The settings that say which certificates are shown and trusted. */
export type Certificates = Pick<AccessSettings, "CERT" | "KEY" | "CA" | "INSECURE">;

/**
 * What k6 has to know of certificates; to be part of a test's options, and made in the init context.
 *
 * @param prefix what the test's variables begin with, e.g. `WS`.
 * @throws a string of one line when what was given cannot be used.
 */
export function certificateOptions({ CERT: cert, KEY: key, CA: ca, INSECURE }: Certificates, prefix: string): object {
  if (ca !== undefined && __ENV["SSL_CERT_FILE"] !== ca) {
    throw (
      `${prefix}_CA=${ca}: k6 takes authorities from its environment only: ` +
      `start it as SSL_CERT_FILE=${ca} k6 run ..., or by throughline run, which does so`
    );
  }
  return {
    ...(cert === undefined || key === undefined
      ? {}
      : { tlsAuth: [{ cert: readFile(cert, `${prefix}_CERT`), key: readFile(key, `${prefix}_KEY`) }] }),
    ...(INSECURE === true ? { insecureSkipTLSVerify: true } : {}),
  };
}

/** The same for a test that has no other ways in. @throws a string of one line. */
export function certificatesOf(settings: object, prefix: string): object {
  const given = givenOf(settings, prefix);
  if ((given.CERT === undefined) !== (given.KEY === undefined))
    throw `${prefix}_CERT and ${prefix}_KEY: a client certificate needs its key; give both`;
  return certificateOptions(given, prefix);
}
