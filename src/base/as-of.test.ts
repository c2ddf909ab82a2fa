import { describe, expect, it } from "vitest";
import { asOfFromText } from "./as-of.ts";

const now = Date.parse("2026-05-04T10:00:00Z");

describe("a moment that is asked about", () => {
  it("is the end of a day in UTC, or the instant itself", () => {
    expect(asOfFromText("2026-05-03", now)).toBe(Date.parse("2026-05-03T23:59:59.999Z"));
    expect(asOfFromText("2026-05-03T12:00:00Z", now)).toBe(Date.parse("2026-05-03T12:00:00Z"));
  });

  it("is now for the day that is not over, and where nothing is asked", () => {
    expect(asOfFromText("2026-05-04", now)).toBeUndefined();
    expect(asOfFromText("", now)).toBeUndefined();
    expect(asOfFromText(undefined, now)).toBeUndefined();
  });

  it.each(["2026-05-05", "2026-05-04T10:00:01Z", "2026-02-30", "yesterday"])(
    "is never %s",
    (text) => {
      expect(() => asOfFromText(text, now)).toThrow(/asOf/);
    },
  );
});
