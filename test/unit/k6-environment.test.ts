import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { k6Environment } from "../../cli/k6-environment.ts";

test.each([
  ["what leads it to its servers", { PATH: "/bin", HTTPS_PROXY: "http://p", no_proxy: "h", SSL_CERT_FILE: "/ca" }],
  ["where it tells its samples", { K6_WEB_DASHBOARD: "true", K6_OTEL_HEADERS: "Authorization=x" }],
  ["how its garbage is collected", { GOGC: "100" }],
])("k6 is told %s", (_, ours) => {
  expect(k6Environment("nats", ours, {}, 1)).toEqual({ GOGC: "400", ...ours });
});

test.each(["RATE", "THROUGHLINE_RATE", "K6_VUS", "K6_NO_THRESHOLDS", "K6_EXECUTION_SEGMENT", "AWS_SECRET_ACCESS_KEY"])(
  "k6 is not told of %s in our environment",
  (name) => {
    expect(k6Environment("nats", { [name]: "1" }, {}, 1)).toEqual({ GOGC: "400" });
  },
);

test("the variables of the test come before ours, and thousands of connections are collected often", () => {
  expect(k6Environment("nats", { HOME: "/root" }, { NATS_TOKEN: "t", HOME: "/" }, 2_000)).toEqual({
    HOME: "/",
    NATS_TOKEN: "t",
    GOGC: "200",
    ...(availableParallelism() < 4 ? { GOMAXPROCS: "4" } : {}),
  });
});

test.each([
  ["few cores, and as many threads as a collection needs to be one of them", 2_000, 2, {}, "4"],
  ["enough cores", 2_000, 4, {}, undefined],
  ["few connections", 1_000, 2, {}, undefined],
  ["a number of one's own", 2_000, 2, { GOMAXPROCS: "3" }, "3"],
])("threads of Go for %s", (_, connections, cores, ours, expected) => {
  expect(k6Environment("nats", ours, {}, connections, cores)["GOMAXPROCS"]).toBe(expected);
});
