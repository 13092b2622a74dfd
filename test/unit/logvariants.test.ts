import { describe, expect, test } from "vitest";
import type { EntryTemplate, Template } from "../../core/template.ts";
import { problemsOf } from "../../systems/ethhook/cli/commands.ts";
import { topicHash } from "../../systems/ethhook/cli/topics.ts";
import { type Endpoint, selects } from "../../systems/ethhook/endpoint.ts";
import { endpointsOf, ruleProblems } from "../../systems/ethhook/k6/ownendpoints.ts";
import { logEvents } from "../../systems/ethhook/pipeline.ts";
import { TOPICS } from "../../systems/ethhook/sepolia.ts";
import { ruleProblem, variantsFor } from "../../systems/ethhook/variants.ts";
import { endpointSelector, logVariantIndex, oneOfEach } from "../../systems/ethhook/wire.ts";

const BASE = 8453;
const own = (name: string, rule: Partial<Endpoint> = {}): Endpoint => ({
  ...{ name, contract_addresses: null, event_signatures: null, chain_ids: null, is_active: true },
  ...rule,
});
const CONTRACTS = ["0x00000000000000000000000000000000000000Aa", "0x00000000000000000000000000000000000000bB"];
const MINTED = topicHash("Minted(address,uint256)");

const ENDPOINTS = [
  own("of-two-contracts", { contract_addresses: CONTRACTS, event_signatures: [MINTED], chain_ids: [1, BASE] }),
  own("of-one-event", { event_signatures: [TOPICS.swap] }),
  own("elsewhere", { chain_ids: [1] }),
  own("switched-off", { contract_addresses: CONTRACTS, is_active: false }),
];

describe("the log entries for somebody's own endpoints", () => {
  const variants = variantsFor(ENDPOINTS, BASE);
  const workload = { seed: 3, unmatchedShare: 0, variants };

  test("are of their chain, and reach each that wants anything of it", () => {
    expect(new Set(variants.wanted.map(({ chainId }) => chainId))).toEqual(new Set([BASE]));
    const reached = ENDPOINTS.filter((endpoint) => variants.wanted.some((variant) => selects(endpoint, variant)));
    expect(reached.map(({ name }) => name)).toEqual(["of-two-contracts", "of-one-event"]);
    expect(variants.wanted.map(({ contract }) => contract)).toEqual(expect.arrayContaining(CONTRACTS));
    for (const endpoint of reached) {
      const selected = endpointSelector(workload, endpoint);
      expect(oneOfEach(workload).some(selected), endpoint.name).toBe(true);
    }
  });

  test("that are to be unmatched are wanted by nobody", () => {
    expect(variants.unwanted.length).toBeGreaterThan(0);
    for (const variant of variants.unwanted) expect(ENDPOINTS.some((one) => selects(one, variant))).toBe(false);
    const half = { ...workload, unmatchedShare: 0.5 };
    const share = Array.from({ length: 4_000 }, (_, seq) => logVariantIndex(half, seq) >= variants.wanted.length);
    expect(share.filter(Boolean).length / share.length).toBeCloseTo(0.5, 1);
  });

  test("are written with their own chain, one by one and by their template", () => {
    const entry = logEvents(workload).write({ run: 1, publisher: 1, seq: 0, publishedAt: 1e12 });
    expect(entry[entry.indexOf("chain_id") + 1]).toBe(String(BASE));
    const template = logEvents({ ...workload, unmatchedShare: 0.5 }).template() as Template<EntryTemplate>;
    const chains = template.variants.map(({ fields }) => fields[1]);
    expect(chains).toEqual(template.variants.map(() => [String(BASE)]));
    expect(template.unwanted).toEqual({ share: 0.5, count: variants.unwanted.length });
  });

  test("are none where no endpoint wants any", () => {
    expect(() => variantsFor(ENDPOINTS.slice(2), BASE)).toThrow("none of 2 endpoints wants an event of chain 8453");
  });

  test("that everything is wanted of have none that is not", () => {
    expect(variantsFor([own("all")], BASE).unwanted).toEqual([]);
  });
});

describe("what is wrong with a rule", () => {
  test.each<[Partial<Endpoint>, string | null]>([
    [{}, null],
    [{ event_signatures: [MINTED] }, null],
    [{ is_active: false }, "is not active"],
    [{ event_signatures: ["Transfer(address,address,uint256)"] }, "that is Solidity text"],
    [{ event_signatures: [" Transfer (address, address) "] }, "that is Solidity text"],
    [{ event_signatures: [MINTED.toUpperCase()] }, "topic hashes are 0x and 64 small hex digits"],
    [{ event_signatures: Array.from({ length: 5 }, () => MINTED) }, "an event has 4 topics at most"],
    [{ event_signatures: [TOPICS.deposit, TOPICS.withdrawal] }, "it is only one"],
  ])("%j: %s", (rule, problem) => {
    if (problem === null) expect(ruleProblem(own("a", rule))).toBeNull();
    else expect(ruleProblem(own("a", rule))).toContain(problem);
  });

  test("is told with the hash that Solidity text means", () => {
    const endpoint = { ...own("a", { event_signatures: ["Transfer(address, address, uint256)"] }), webhook_url: "" };
    expect(problemsOf([endpoint])).toEqual([expect.stringContaining(`its hash is ${TOPICS.transfer}`)]);
  });
});

describe("a file of endpoints", () => {
  const settings = { ENDPOINTS: [own("a")], ENDPOINTS_FILE: "mine.json", CHAIN_ID: BASE, UNMATCHED_SHARE: 0 };
  const read = (text: string, changes: Partial<typeof settings> = {}) =>
    endpointsOf({ ...settings, ...changes }, () => text);

  test("takes the place of the load test's own", () => {
    expect(read(JSON.stringify(ENDPOINTS))).toMatchObject({ endpoints: ENDPOINTS });
    const none = endpointsOf({ ...settings, ENDPOINTS_FILE: undefined }, () => "");
    expect(none).toEqual({ endpoints: settings.ENDPOINTS, variants: undefined });
    expect(ruleProblems(read(JSON.stringify(ENDPOINTS)))).toEqual([expect.stringContaining("switched-off")]);
  });

  test.each([
    ["{", "ENDPOINTS_FILE=mine.json: "],
    ["[]", "ENDPOINTS_FILE=mine.json: "],
    ['[{"name":"a"}]', "0."],
    [JSON.stringify([own("a", { chain_ids: [1] })]), "none of 1 endpoints wants an event of chain 8453"],
  ])("that is %s is refused in one line", (text, why) => {
    expect(() => read(text)).toThrow(why);
  });

  test("that takes everything leaves nothing unmatched", () => {
    expect(() => read(JSON.stringify([own("all")]), { UNMATCHED_SHARE: 0.1 })).toThrow("an endpoint takes everything");
  });
});
