import { describe, expect, test } from "vitest";
import { refuseDeclaration } from "../../cli/own/refusals.ts";
import { planRun } from "../../cli/run/plan.ts";
import { type Subject, subjectOf } from "../../cli/run/subject.ts";
import { definitionOf } from "../../core/definition.ts";
import { combinations, made, variantsOf } from "../../core/made.ts";
import { environmentOf } from "../../core/ownvariables.ts";
import { type AnyPipeline, definePipeline } from "../../core/pipeline.ts";
import { hold } from "../../core/shape.ts";
import { httpAnswer } from "../../core/transport.ts";
import { settings } from "../../k6/support/settings.ts";
import { plan, profilesOf } from "../../scenarios.ts";
import { defineTestsOf, objectivesOf, refuseVariables } from "../../systems/own.ts";
import type { RunnableTest } from "../../systems/variables.ts";
import { slos } from "../../thresholds.ts";

const ORDERS = definePipeline({
  name: "own-orders",
  variables: { SHOP_URL: "http://127.0.0.1:1", TOKEN: { meaning: "who we are", secret: true } },
  events: {
    attributes: { region: ["eu", "us"], tier: ["gold"] },
    write: ({ id, region, random }) => ({ id, region, amount: random % 100 }),
  },
  publish: () => async () => "acknowledged",
  observe: { kind: "rows", paths: { orders: {} }, rows: async () => [] },
  objectives: { account_delivery_p95_ms: "value < 250", publish_ack_latency_ms: ["p(95) < 100", "max < 1000"] },
});

test("an event is the same whenever it is made, and draws its attributes from the table", () => {
  const stream = { seed: 7, variants: combinations(ORDERS.events.attributes) };
  const trace = (seq: number) => ({ run: 1, publisher: 1, seq, publishedAt: 1_790_000_000_000 });
  const written = Array.from({ length: 50 }, (_, seq) => ORDERS.events.write(made(stream, trace(seq))));
  expect(written).toEqual(Array.from({ length: 50 }, (_, seq) => ORDERS.events.write(made(stream, trace(seq)))));
  expect(new Set(written.map(({ region }) => region))).toEqual(new Set(["eu", "us"]));
});

test("subscribers are judged by twenty frames: each may carry several events", () => {
  const observe = { kind: "subscription", paths: { all: {} }, open: () => ({ close: () => undefined }) } as const;
  defineTestsOf(definePipeline({ ...ORDERS, name: "own-frames", observe }) as unknown as AnyPipeline);
  const rows = slos("own-frames-subscribers" as RunnableTest, { accounted: true, events: null });
  const [lag, ended] = ["generator_lag_ms", "ws_sessions_lost"].map((name) =>
    rows.find(({ metric }) => metric === name),
  );
  expect(ended?.explains?.test("account_judged_share")).toBe(true);
  expect(lag).toMatchObject({ bound: 50, floor: 20, miss: "INVALID" });
  expect(lag?.spoils?.test("account_delivery_p95_ms")).toBe(true);
  expect(lag?.explains?.test("account_expected")).toBe(true);
});

test("where arrivals are only counted nothing is held to what nobody sees, but to too many", () => {
  const observe = { kind: "count", paths: { all: {} }, order: "none", count: async () => 0 } as const;
  const promising = { ...ORDERS, name: "own-count", observe: { ...observe, order: "per publisher" } as const };
  expect(() => definePipeline({ ...promising, objectives: {} })).toThrow(
    "pipeline own-count: observe.order: a count shows no order; allowed: none, or leave it out",
  );
  defineTestsOf(definePipeline({ ...ORDERS, name: "own-count", observe, objectives: {} }) as unknown as AnyPipeline);
  const { slos: held } = settings("own-count" as RunnableTest, { TOKEN: "t", RECEIVER_URL: "http://127.0.0.1:4800" });
  const metrics = held.map(({ metric }) => metric);
  expect(metrics).toEqual(expect.arrayContaining(["account_lost", "account_surplus", "account_settled"]));
  for (const unseen of ["duplicated", "reordered", "misrouted", "damaged", "contradicted", "unreported"])
    expect(metrics).not.toContain(`account_${unseen}`);
});

test("a profile that lasts no time is refused by its name", () => {
  const zero = definePipeline({ ...ORDERS, name: "own-zero", profiles: { zero: [hold(50, "0s")] } });
  defineTestsOf(zero as unknown as AnyPipeline);
  expect(() => settings("own-zero" as RunnableTest, { TOKEN: "t", SCENARIO: "zero" })).toThrow(
    "SCENARIO=zero: the load lasts 0 s: allowed: 0.001 to 3600000 s",
  );
  expect(() => settings("own-zero" as RunnableTest, { TOKEN: "t", RATE: "1e9", EVENTS: "50" })).toThrow(
    /^RATE=1e9, EVENTS=50: the load lasts/,
  );
});

test("attributes without values, and too many combinations, are refused", () => {
  expect(() => combinations({ region: [] })).toThrow("attribute region has no values");
  const many = Array.from({ length: 200 }, (_, value) => String(value));
  expect(() => combinations({ one: many, two: many })).toThrow("more than 10000 combinations");
});

test("of combinations only those occur that are listed, and one that is listed twice, twice as often", () => {
  const attributes = { chain: ["ethereum", "solana"], type: ["swap", "mint"] };
  const [swap, mint] = [
    { chain: "ethereum", type: "swap" },
    { chain: "solana", type: "mint" },
  ] as const;
  const stream = { seed: 7, variants: variantsOf({ attributes, variants: [swap, mint, swap] }) };
  const drawn = Array.from({ length: 3_000 }, (_, seq) => {
    const { chain, type } = made<typeof attributes>(stream, { run: 1, publisher: 1, seq, publishedAt: 0 });
    return `${chain} ${type}`;
  });
  expect(new Set(drawn)).toEqual(new Set(["ethereum swap", "solana mint"]));
  expect(drawn.filter((one) => one === "ethereum swap").length / 3_000).toBeCloseTo(2 / 3, 1);
  const named = { id: ["a"] };
  expect(() => variantsOf({ attributes: named, variants: [{ id: "a" }] })).toThrow(
    "attribute id is what every event has",
  );
});

describe("what the compiler cannot see is refused in one line:", () => {
  const variants = (other: object, tier = ["gold"]) => ({
    events: {
      ...ORDERS.events,
      attributes: { ...ORDERS.events.attributes, tier },
      variants: [{ region: "eu", tier: "gold" }, other],
    },
  });
  const broken = (change: object) => () => definePipeline({ ...ORDERS, ...change } as unknown as AnyPipeline);
  test.each<[string, object, string]>([
    ["a name", { name: "Own Orders" }, "allowed: small letters"],
    ["no path", { observe: { kind: "request", paths: {} } }, "names no path"],
    [
      "a path with blanks",
      { observe: { kind: "request", paths: { "a b": {} } } },
      '"a b": allowed: a name without blanks',
    ],
    ["a path that begins with a slash", { observe: { kind: "request", paths: { "/a": {} } } }, '"/a": allowed: a name'],
    [
      "a long path",
      { observe: { kind: "request", paths: { ["a".repeat(129)]: {} } } },
      `"${"a".repeat(40)}...": a name of 129 characters; allowed: 1 to 128`,
    ],
    ["a path without a name", { observe: { kind: "request", paths: { "": {} } } }, "a name of 0 characters"],
    ["a value", { observe: { kind: "request", paths: { a: { region: "mars" } } } }, "mars: allowed: eu, us"],
    [
      "an attribute",
      { observe: { kind: "request", paths: { a: { zone: "eu" } } } },
      "a.zone: eu: no such attribute; allowed: region, tier",
    ],
    [
      "two counts",
      { observe: { kind: "count", paths: { a: {}, b: {} }, count: async () => 0 } },
      "a count has one path",
    ],
    ["a variant's value", variants({ region: "mars", tier: "gold" }), "variants.1.region: mars: allowed: eu, us"],
    ["a variant with less", variants({ region: "eu" }), "events.variants.1.tier: is missing: allowed: gold"],
    [
      "a variant with less where an empty value is one",
      { events: { ...ORDERS.events, attributes: { region: ["", "eu"] }, variants: [{ region: "" }, {}] } },
      "events.variants.1.region: is missing: allowed: , eu",
    ],
    [
      "a variant with more",
      variants({ region: "eu", tier: "gold", zone: "a" }),
      "1.zone: a: no such attribute; allowed: region, tier",
    ],
    [
      "a path that no variant reaches",
      {
        ...variants({ region: "us", tier: "tin" }, ["gold", "tin"]),
        observe: { kind: "request", paths: { all: {}, us: { region: ["us"] }, b: { region: "eu", tier: "tin" } } },
      },
      'observe.paths.b: {"region":"eu","tier":"tin"}: allowed: what one of events.variants has',
    ],
    ["no variants", { events: { ...ORDERS.events, variants: [] } }, "events.variants: has 0; allowed: 1 to 10000"],
    [
      "variants that are none",
      { events: { ...ORDERS.events, variants: ["eu"] } },
      "events.variants.0: is of type string",
    ],
    ["a key", { objectivs: {} }, "own-orders: objectivs: unknown key; did you mean objectives?"],
    ["a key of the suite's own", { isProven: true }, "own-orders: isProven: unknown key; allowed: "],
    ["a key that is not there", { events: { write: () => "" } }, "events.attributes: is missing"],
    [
      "a key of a far end",
      { observe: { kind: "request", paths: {}, ordr: 1 } },
      "observe.ordr: unknown key; did you mean",
    ],
    ["a kind", { observe: { kind: "reqest", paths: {} } }, "observe.kind: reqest: did you mean request?"],
    ["a kind of nothing", { observe: { kind: "queue", paths: {} } }, "queue: allowed: subscription, request, rows,"],
    ["a far end that looks at nothing", { observe: { kind: "list", paths: { a: {} } } }, "observe.list: is missing"],
    ["a far end of a text", { observe: "list" }, "observe: is of type string; allowed: an object"],
    ["an order", { observe: { kind: "request", paths: { a: {} }, order: "all" } }, 'order: all: allowed: "none", "per'],
    [
      "an order by nothing",
      { observe: { kind: "request", paths: { a: {} }, order: { per: "size" } } },
      "observe.order.per: size: allowed: region, tier",
    ],
    [
      "values that are no texts",
      { events: { ...ORDERS.events, attributes: { region: [1] } } },
      "region.0: is of type n",
    ],
    [
      "values that are no list",
      { events: { ...ORDERS.events, attributes: { region: "eu" } } },
      "region: is of type str",
    ],
    ["a variable", { variables: { SHOP_URL: 5 } }, "variables.SHOP_URL: is of type number; allowed: a text, or {"],
    [
      "a variable's key",
      { variables: { A: { meaning: "", falback: "" } } },
      "A.falback: unknown key; did you mean fallb",
    ],
    ["a profile without steps", { profiles: { sale: [] } }, "profiles.sale: has no steps; allowed: hold()"],
    ["a function that is none", { damage: true }, "damage: is of type boolean; allowed: a function"],
  ])("%s", (_, change, message) => {
    expect(broken(change)).toThrow(message);
  });

  test("what is no object", () => {
    expect(() => definePipeline(undefined as unknown as AnyPipeline)).toThrow(
      "pipeline: is undefined; allowed: an obj",
    );
  });

  test("no secret is repeated", () => {
    const variables = { KEY: { meaning: "who we are", secret: true, fallback: ["hunter2"] } };
    expect(broken({ variables })).toThrow(/^(?!.*hunter2).*KEY\.fallback: is a list; allowed: a text$/);
  });

  test.each<[string, Record<string, string[]>, string]>([
    [
      "value",
      { region: ["eu", "x".repeat(129)] },
      "attribute region has a value of 129 characters; allowed: up to 128",
    ],
    ["name", { ["r".repeat(200)]: ["a"] }, `attribute ${"r".repeat(40)}... has a name of 200 characters`],
  ])("a long %s of an attribute, which the receiver would refuse", (_, table, words) => {
    expect(() => combinations(table)).toThrow(words);
  });

  test.each(["id", "seq", "trace"])("the attribute %s, which every event has", (name) => {
    expect(() => combinations({ [name]: ["a"] })).toThrow(`attribute ${name} is what every event has`);
  });

  test("a variable of the suite", () => {
    const taken = (name: string) => () =>
      refuseVariables({ ...ORDERS, variables: { [name]: "1" } } as unknown as AnyPipeline);
    expect(taken("RATE")).toThrow("pipeline own-orders: variables.RATE: every test has a RATE; give it another name");
    expect(taken("TARGET_TOKEN")).not.toThrow();
  });

  test("objectives", () => {
    expect(() => objectivesOf({ name: "x", objectives: { nothing: "count == 0" } })).toThrow("no such metric");
    expect(() => objectivesOf({ name: "x", objectives: { account_lost: "none" } })).toThrow("allowed: p(95)");
  });
});

describe("an event is found again by any spelling of its identity alone", () => {
  const writing = (write: AnyPipeline["events"]["write"]) =>
    ({ ...ORDERS, events: { ...ORDERS.events, write } }) as unknown as AnyPipeline;
  test.each(["id", "hash", "uuid", "number"] as const)("%s", (spelling) => {
    expect(() => refuseDeclaration(writing((event) => ({ reference: event[spelling] })))).not.toThrow();
  });
  test("none", () => {
    expect(() => refuseDeclaration(writing(({ random }) => ({ amount: random })))).toThrow("uses none of id, hash");
  });
});

test("its variables are what is given, by either name, or their fallbacks", () => {
  expect(environmentOf(ORDERS, {})).toMatchObject({ SHOP_URL: "http://127.0.0.1:1" });
  expect(environmentOf(ORDERS, { SHOP_URL: "http://a" }).SHOP_URL).toBe("http://a");
  expect(environmentOf(ORDERS, { SHOP_URL: "http://a", THROUGHLINE_SHOP_URL: "http://b" }).SHOP_URL).toBe("http://b");
});

test("a variable that begins as one of its own and is none is refused, with the nearest name", () => {
  const [{ name }] = defineTestsOf(ORDERS as unknown as AnyPipeline) as unknown as [{ name: RunnableTest }];
  const subject = { ...subjectOf(["nats"]), name, groups: [[name]] };
  const planned = (environment: Record<string, string>, set: string[] = []) =>
    planRun(subject, {
      ...{ urls: { nats: "nats://127.0.0.1:1", receiver: "http://127.0.0.1:1" }, instances: 1, faults: [] },
      ...{ set: ["TOKEN=t", ...set], environment },
    });
  expect(() => planned({ THROUGHLINE_SHOP_UR: "hunter2" })).toThrow(
    "THROUGHLINE_SHOP_UR: unknown variable; did you mean THROUGHLINE_SHOP_URL?",
  );
  expect(() => planned({ THROUGHLINE_SHOP_ADDRESS: "hunter2" })).toThrow(/SHOP_ADDRESS: .*did you mean .*SHOP_URL/);
  expect(() => planned({}, ["SHOP_ADDRESS=hunter2"])).toThrow(/--set SHOP_ADDRESS: .*did you mean SHOP_URL\?/);
  for (const others of ["THROUGHLINE_STORE_URL", "SHOP_ADDRESS", "THROUGHLINE_WS_TOKEN", "THROUGHLINE_SHOP_URL"])
    expect(() => planned({ [others]: "http://127.0.0.1:1" })).not.toThrow();
});

test("what begins as the ways into its target, or as its own, is refused by a bare k6 too, and nothing of others", () => {
  const [{ name }] = defineTestsOf(ORDERS as unknown as AnyPipeline) as unknown as [{ name: RunnableTest }];
  const refusal = (given: Record<string, string>) => () => settings(name, { TOKEN: "t", ...given });
  expect(refusal({ TARGET_TOKNE: "hunter2" })).toThrow(
    /TARGET_TOKNE=\(hidden\): unknown variable; did you mean TARGET_TOKEN\?/,
  );
  expect(refusal({ TARGET_AUTHORIZATION: "hunter2" })).toThrow(/TARGET_AUTHORIZATION=\(hidden\).*did you mean TARGET_/);
  expect(refusal({ SHOP_CURRENCY: "eur" })).toThrow(/SHOP_CURRENCY=eur: unknown variable of .*did you mean SHOP_URL\?/);
  // Variables that every test has begin as those of other programs do.
  expect(refusal({ CLOUD_SDK_VERSION: "1", RUN_DIR: "x", TIME_STYLE: "y" })).not.toThrow();
});

const OWN_KIND = { urls: {}, receiver: 0, faults: {}, variables: { reference: {}, always: {} }, settled: {} };

test("what it needs and has not is named with a way to give it, a secret only by the shell", () => {
  const needy = {
    ...ORDERS,
    name: "needy",
    variables: { SHOP_KEY: { meaning: "the key", secret: true }, SHOP_URL: { meaning: "where" } },
  };
  const [{ name }] = defineTestsOf(needy as unknown as AnyPipeline) as unknown as [{ name: RunnableTest }];
  const asked = (given: Record<string, string>) => () => settings(name, given);
  expect(asked({ SHOP_URL: "http://a" })).toThrow(
    /^SHOP_KEY: is not given: the key; set it in the shell, as THROUGHLINE_SHOP_KEY or SHOP_KEY$/,
  );
  expect(asked({ SHOP_KEY: "k" })).toThrow(
    /^SHOP_URL: is not given: where; set it in the shell, as THROUGHLINE_SHOP_URL or SHOP_URL, or with -e SHOP_URL=\.\.\.$/,
  );
  const request = { urls: {}, instances: 1, faults: [], set: ["SHOP_KEY=k"] };
  const subject = { name, kind: { ...OWN_KIND, groups: [[name]] }, groups: [[name]], settled: false };
  expect(() => planRun(subject as unknown as Subject, request)).toThrow(/, or with --set SHOP_URL=\.\.\.$/);
  const slip = (set: string) => () =>
    planRun(subject as unknown as Subject, { ...request, set: [...request.set, set] });
  expect(slip("SHOPS_URL=x")).toThrow(
    "--set SHOPS_URL: no variable of needy; did you mean SHOP_URL? see docs/variables.md",
  );
  expect(slip("COLOUR_OF_THINGS=x")).toThrow("its own: SHOP_KEY, SHOP_URL; for the rest see docs/variables.md");
});

test("its test has profiles, objectives by role, and its own beside them", () => {
  const [{ name, required }] = defineTestsOf(ORDERS as unknown as AnyPipeline) as unknown as [
    { name: RunnableTest; required: object },
  ];
  expect(definitionOf(name)?.variables["TOKEN"]?.credential).toBe(true);
  expect(required).toEqual({ TOKEN: "who we are" });
  expect(profilesOf(name)).toEqual(expect.arrayContaining(["smoke", "load", "stress", "spike", "soak", "breakpoint"]));
  expect(plan(name, "smoke", { events: 10 })).toMatchObject({ kind: "paced", events: 10 });
  const metrics = slos(name, { accounted: true, events: 10 }).map(({ metric }) => metric);
  const wanted = [
    "events_refused",
    "events_unsent",
    "account_lost",
    "account_vanished",
    "account_damaged",
    "account_delivery_p95_ms",
  ];
  expect(metrics).toEqual(expect.arrayContaining(wanted));
  expect(metrics.filter((metric) => metric === "publish_ack_latency_ms")).toHaveLength(2);
  expect(metrics).not.toContain("account_reordered");
});

test.each([
  [{ status: 202 }, "acknowledged"],
  [
    { status: 422, body: "no such shop" },
    { outcome: "refused", said: "422 no such shop", status: 422 },
  ],
  [
    { status: 503, body: null, error: "" },
    { outcome: "unknown", said: "503", status: 503 },
  ],
  [
    { status: 0, body: null, error: "dial: connection refused" },
    { outcome: "unknown", said: "dial: connection refused", status: 0 },
  ],
  [{ status: 0 }, { outcome: "unknown", said: "0", status: 0 }],
  [
    { status: 0, body: '{"ok":', error: "unexpected EOF" },
    { outcome: "unknown", said: "unexpected EOF", status: 0 },
  ],
  [
    { status: 302, body: "<html>", headers: { Location: "/login?session=s3cr3t" } },
    { outcome: "unknown", said: "302 redirected to /login", status: 302 },
  ],
])("the answer %j over HTTP says what became of an event", (answer, said) => {
  expect(httpAnswer(answer)).toEqual(said);
});
