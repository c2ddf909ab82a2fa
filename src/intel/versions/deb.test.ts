import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareDeb, parseDebVersion } from "./deb.ts";

const version = fc
  .tuple(
    fc.option(fc.nat(3), { nil: null }),
    fc.stringMatching(/^[0-9][0-9a-zA-Z.+~]{0,12}$/),
    fc.option(fc.stringMatching(/^[0-9a-zA-Z.+~]{1,8}$/), { nil: null }),
  )
  .map(
    ([epoch, upstream, revision]) =>
      `${epoch === null ? "" : `${epoch}:`}${upstream}${revision === null ? "" : `-${revision}`}`,
  );

describe("the order of Debian versions", () => {
  it("is lower for a backport than for the version it was made from", () => {
    expect(compareDeb("1.0-1~deb12u1", "1.0-1")).toBe(-1);
    expect(compareDeb("1.0-1~bpo12+1", "1.0-1")).toBe(-1);
    expect(compareDeb("1.0~rc1-1", "1.0-1")).toBe(-1);
  });

  it("puts epochs first, letters before signs, and ignores leading zeros", () => {
    expect(compareDeb("1:0.1", "9.9")).toBe(1);
    expect(compareDeb("1.0a", "1.0+b1")).toBe(-1);
    expect(compareDeb("1.007", "1.7")).toBe(0);
    expect(compareDeb("0:1.0-0", "1.0")).toBe(0);
    expect(compareDeb("5.6.1+really5.4.5-1", "5.6.1-1")).toBe(1);
  });

  it("compares numbers that do not fit a machine word", () => {
    expect(compareDeb("20240101000000000000001", "20240101000000000000000")).toBe(1);
  });

  it.each([
    "",
    ":1",
    "a:1",
    "-1:1",
    "1:",
    "1-",
    "-1",
    "1.0 1",
    "1_0",
    "v1.0",
    "1.0-1:2",
    "2147483648:1",
    "1.0-ä",
    "(none)",
    "1".repeat(9_000),
  ])("calls %j not comparable", (text) => {
    expect(parseDebVersion(text)).toBeNull();
    expect(compareDeb(text, "1.0")).toBeNull();
    expect(compareDeb("1.0", text)).toBeNull();
  });

  it("is antisymmetric and equal to itself", () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(compareDeb(a, a)).toBe(0);
        expect((compareDeb(a, b) ?? Number.NaN) + (compareDeb(b, a) ?? Number.NaN)).toBe(0);
      }),
    );
  });

  it("is transitive", () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [x, y, z] = [a, b, c].sort((l, r) => compareDeb(l, r) ?? Number.NaN);
        expect(compareDeb(x!, z!)).toBeLessThanOrEqual(0);
        expect(compareDeb(x!, y!)).toBeLessThanOrEqual(0);
        expect(compareDeb(y!, z!)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
