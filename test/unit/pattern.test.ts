/** A frame that fits the pattern of a whole one is whole: what is compared so hides nothing that a parser would find. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { eventId } from "../../core/trace.ts";
import { damageOf, eventsIn } from "../../systems/pulse/damage.ts";
import { type Event, event, variants } from "../../systems/pulse/events.ts";
import { Pattern } from "../../systems/pulse/pattern.ts";

const WORKLOAD = { seed: 1, chains: ["ethereum", "solana"] };
const ALL = variants(WORKLOAD);
const idOf = (seq: number) => eventId({ run: 1, publisher: 1, seq, publishedAt: 1_767_225_600_000 + seq });

/** Events of one variant, in the order in which they are sent. */
const alike = Array.from({ length: 5_000 }, (_, seq) => event(WORKLOAD, seq, ALL)).filter(
  ({ variant }, _, [first]) => variant === (first as Event).variant,
);
const [first, ...others] = alike as [Event, ...Event[]];

const deliveryOf = (sent: Event, timestamp: string) => ({
  ...{ event_id: idOf(sent.seq), chain: sent.chain, block_num: sent.blockNumber, tx_hash: sent.txHash },
  ...{ event_type: sent.eventType, accounts: sent.accounts, native_value: 0, timestamp },
});
const inContractsOrder = (sent: Event, timestamp: string) =>
  JSON.stringify({ type: "event", data: deliveryOf(sent, timestamp) });
const inAlphabeticalOrder = (sent: Event, timestamp: string) => {
  const data = Object.fromEntries(Object.entries(deliveryOf(sent, timestamp)).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ data, type: "event" });
};

describe.each([
  ["contract's", inContractsOrder],
  ["alphabetical", inAlphabeticalOrder],
])("in the %s order of keys", (_, write) => {
  const pattern = Pattern.of(write(first, "2026-01-01T00:00:00.5Z"), idOf(first.seq), first, "2026-01-01T00:00:00.5Z");

  test("every other event of the variant fits, with any timestamp", () => {
    expect(others.length).toBeGreaterThan(40);
    for (const sent of others) {
      for (const timestamp of ["2026-01-01T00:00:01Z", "2026-01-01T00:00:01.123456789Z", ""]) {
        expect(pattern?.fits(write(sent, timestamp), idOf(sent.seq), sent)).toBe(true);
      }
    }
  });

  test("whatever is changed in a frame, one that fits is whole to the parser, too", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...others),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom("", "0", "1", "f", '"', "\\", "\n", ",", "}", '","chain":"base'),
        (sent, place, length, put) => {
          const whole = write(sent, "2026-01-01T00:00:01Z");
          const at = place % whole.length;
          const frame = whole.slice(0, at) + put + whole.slice(at + length);
          if (pattern?.fits(frame, idOf(sent.seq), sent) !== true) return;
          const delivered = eventsIn(frame).get(idOf(sent.seq));
          expect(delivered === undefined ? "no JSON" : damageOf(delivered, sent)).toBeNull();
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test("the event of another variant does not fit, nor does one with another's values", () => {
    const stranger = event(WORKLOAD, ALL.length, ALL);
    const other = others[0] as Event;
    const frame = write(other, "2026-01-01T00:00:01Z");
    expect(stranger.variant).not.toBe(first.variant);
    expect(pattern?.fits(write(stranger, "2026-01-01T00:00:01Z"), idOf(stranger.seq), stranger)).toBe(false);
    expect(pattern?.fits(frame, idOf(other.seq), { ...other, txHash: first.txHash })).toBe(false);
    expect(pattern?.fits(frame, idOf(other.seq), { ...other, blockNumber: other.blockNumber + 1 })).toBe(false);
    expect(pattern?.fits(frame, idOf(first.seq), other)).toBe(false);
  });
});

test.each([
  ["names its event twice", (frame: string) => frame.replace("{", `{"id":"${idOf(first.seq)}",`)],
  ["spells a value otherwise", (frame: string) => frame.replace(first.txHash, first.txHash.toUpperCase())],
  ["has no timestamp", (frame: string) => frame.replace("2026-01-01T00:00:00Z", "")],
])("a frame that %s gives no pattern", (_, change) => {
  const frame = change(inContractsOrder(first, "2026-01-01T00:00:00Z"));
  expect(Pattern.of(frame, idOf(first.seq), first, "2026-01-01T00:00:00Z")).toBeNull();
});
