import { expect, test } from "vitest";
import { complaint } from "../../core/complaint.ts";

test.each([
  ["error: unknown option '--helpp'\n(Did you mean --help?)\n", "unknown option '--helpp' (Did you mean --help?)"],
  ["error: unknown option '--secert=abc'\n", "unknown option '--secert=(hidden)'"],
  ["error: option '--every <time>' argument '5' is invalid. allowed is a duration", "--every 5: allowed: a duration"],
  [
    "error: option '-p, --port <n>' argument 'x' is invalid. Allowed: 1 to 9.",
    "option '-p, --port <n>' argument 'x' is invalid. Allowed: 1 to 9",
  ],
  ["error: option '--as <m>' argument 'x' is invalid. Allowed choices are a, b.", "--as x: allowed: a, b"],
  [
    "error: option '--table <name>' value 'a b' from env 'RECEIVER_TABLE' is invalid. Allowed: a name.",
    "RECEIVER_TABLE=a b: allowed: a name",
  ],
  ["error: required option '--database <url>' not specified", "--database is needed"],
  [
    "error: option '--url <url>' argument 'http://u:s3cret@h' is invalid.",
    "option '--url <url>' argument 'http://(hidden)@h' is invalid",
  ],
])("%j is said as all else is", (said, words) => {
  expect(complaint(said, "throughline run")).toBe(`throughline: ${words}; see throughline run --help`);
});
