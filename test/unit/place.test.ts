/** Where a consumer goes on in its stream. */
import { describe, expect, it } from "vitest";
import { Place } from "../../systems/pulse/target/place.ts";

describe("Place", () => {
  const stream = (created: string, last_seq: number) => ({ created, state: { last_seq } });

  it("begins behind what was there before it", () => {
    expect(new Place().find(stream("monday", 41))).toBe(42);
  });

  it("goes on behind the last message, or where it began if there was none", () => {
    const place = new Place();
    place.find(stream("monday", 41));
    expect(place.find(stream("monday", 60))).toBe(42);
    place.passed(50);
    expect(place.find(stream("monday", 60))).toBe(51);
  });

  it("begins a stream that came later at its first message", () => {
    const place = new Place();
    place.lost();
    expect(place.find(stream("monday", 41))).toBe(1);
    place.passed(41);
    expect(place.find(stream("tuesday", 5))).toBe(1);
  });

  it("is not lost when the same stream is back, nor beyond the end of an older copy", () => {
    const place = new Place();
    place.find(stream("monday", 41));
    place.lost();
    expect(place.find(stream("monday", 50))).toBe(42);
    expect(place.find(stream("monday", 10))).toBe(11);
  });
});
