import { expect, test } from "vitest";
import { outputsOf } from "../../cli/outputs.ts";

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
])("%s", (_, given, flags, K6_OUT) => {
  expect(outputsOf(given)).toEqual({ flags, environment: K6_OUT === undefined ? {} : { K6_OUT } });
});
