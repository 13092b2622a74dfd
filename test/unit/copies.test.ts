import fc from "fast-check";
import { expect, test } from "vitest";
import { Copies } from "../../core/copies.ts";

test("copies are counted by event", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (seqs) => {
      const copies = new Copies();
      for (const seq of seqs) copies.add(seq);
      for (let seq = 0; seq <= 20; seq++) expect(copies.of(seq)).toBe(seqs.filter((one) => one === seq).length);
      expect([...copies.events]).toEqual([...new Set(seqs)].sort((one, other) => one - other));
    }),
  );
});
