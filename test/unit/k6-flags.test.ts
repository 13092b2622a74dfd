import { expect, test } from "vitest";
import { offCommandLine } from "../../cli/k6-flags.ts";

test.each([
  ["none", ["--quiet"], ["--quiet"], undefined],
  ["one", ["--out", "influxdb=http://u:p@h/k6", "--quiet"], ["--quiet"], "influxdb=http://u:p@h/k6"],
  ["one in a word", ["--out=json=a.json"], [], "json=a.json"],
  ["a short one", ["-o", "json=a.json"], [], "json=a.json"],
  ["a short one in a word", ["-oinfluxdb=http://u:p@h/k6"], [], "influxdb=http://u:p@h/k6"],
  ["a short one with a sign", ["-o=json", "-q"], ["-q"], "json"],
  ["several", ["-o", "json=a", "--tag", "a=b", "--out", "csv=c"], ["--tag", "a=b"], "json=a,csv=c"],
  ["one with a comma", ["--out", "json=a,b"], ["--out", "json=a,b"], undefined],
  ["one without a value", ["--out"], ["--out"], undefined],
  ["what only begins so", ["--outfile", "x", "--out-of", "y"], ["--outfile", "x", "--out-of", "y"], undefined],
])("outputs: %s", (_, given, flags, K6_OUT) => {
  expect(offCommandLine(given)).toEqual({ flags, environment: K6_OUT === undefined ? {} : { K6_OUT } });
});

test.each<[string, string[], string[], Record<string, string>]>([
  ["one", ["-e", "API_KEY=s3cret", "--quiet"], ["--quiet"], { API_KEY: "s3cret" }],
  ["one in a word", ["--env=API_KEY=s3cret"], [], { API_KEY: "s3cret" }],
  ["a short one in a word", ["-eAPI_KEY=s3cret"], [], { API_KEY: "s3cret" }],
  ["a short one with a sign", ["-e=API_KEY=s3cret"], [], { API_KEY: "s3cret" }],
  ["a short one behind others", ["-qe", "API_KEY=s3cret", "-vpeB=2"], ["-q", "-vp"], { API_KEY: "s3cret", B: "2" }],
  ["several", ["--env", "A=1", "--tag", "a=b", "-e", "B=2"], ["--tag", "a=b"], { A: "1", B: "2" }],
  ["signs, commas and lines in it", ["-e", "A=b=c, d\ne"], [], { A: "b=c, d\ne" }],
  ["an empty one", ["-e", "A=", "-e", "B"], [], { A: "", B: "" }],
  ["the last of a name", ["-e", "A=1", "-e", "A=2"], [], { A: "2" }],
  ["beside an output", ["-e", "A=1", "-o", "json=a"], [], { A: "1", K6_OUT: "json=a" }],
  ["what changes k6 itself", ["-e", "K6_VUS=1", "-e", "A=1"], ["-e", "K6_VUS=1"], { A: "1" }],
  ["what changes Go", ["-e", "GOGC=1", "-e", "http_proxy=x"], ["-e", "GOGC=1", "-e", "http_proxy=x"], {}],
  ["what shows keys of TLS", ["-e", "SSLKEYLOGFILE=k"], ["-e", "SSLKEYLOGFILE=k"], {}],
  ["what only begins so", ["-e", "GOOGLE_KEY=1", "-e", "PATHS=1"], [], { GOOGLE_KEY: "1", PATHS: "1" }],
  ["what k6 refuses", ["-e", "A-B=1", "-e", "=1", "-e"], ["-e", "A-B=1", "-e", "=1", "-e"], {}],
  [
    "where scripts see none",
    ["-e", "A=1", "--include-system-env-vars=false"],
    ["-e", "A=1", "--include-system-env-vars=false"],
    {},
  ],
  ["a place of logs", ["--log-output", "loki=http://u:p@h"], [], { K6_LOG_OUTPUT: "loki=http://u:p@h" }],
  ["a place of traces", ["--traces-output=otel=http://u:p@h", "-q"], ["-q"], { K6_TRACES_OUTPUT: "otel=http://u:p@h" }],
  ["a source of secrets", ["--secret-source=mock=a=s3cret"], [], { K6_SECRET_SOURCE: "mock=a=s3cret" }],
  [
    "several sources of secrets, of which the environment holds one",
    ["--secret-source=mock=a=b", "--secret-source", "file=c"],
    ["--secret-source=mock=a=b", "--secret-source", "file=c"],
    {},
  ],
])("variables: %s", (_, given, flags, environment) => {
  expect(offCommandLine(given)).toEqual({ flags, environment });
});
