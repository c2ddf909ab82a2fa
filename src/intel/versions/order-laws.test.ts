import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderOfScheme, type SchemeName, schemeNames } from "./scheme.ts";

/** What versions of each scheme are made of; most texts are versions, some are none. */
const material: Readonly<Record<SchemeName, readonly [parts: string[], glue: string[]]>> = {
  deb: [
    ["0", "1", "10", "007", "a", "b1", "~rc1", "+b1", "~"],
    [".", "-", "+", ""],
  ],
  rpm: [
    ["0", "1", "10", "007", "a", "el9", "~rc1", "^git1", "^"],
    [".", "-", "_", ""],
  ],
  apk: [
    ["0", "1", "10", "01", "a", "_alpha", "_p2", "_rc1", "~ab1", "-r1"],
    [".", ""],
  ],
  // Without a pkgrel: one that is missing is equal to each, so equality does not go on.
  alpm: [
    ["0", "1", "10", "007", "a", "rc1", "beta"],
    [".", "_", ""],
  ],
  semver: [
    ["0", "1", "10", "alpha", "rc", "0a"],
    [".", ".", "-", "+"],
  ],
  npm: [
    ["0", "1", "10", "alpha", "rc", "0a"],
    [".", ".", "-", "+"],
  ],
  cargo: [
    ["0", "1", "10", "alpha", "rc", "0a"],
    [".", ".", "-", "+"],
  ],
  hex: [
    ["0", "1", "10", "alpha", "rc", "0a"],
    [".", ".", "-", "+"],
  ],
  go: [
    ["0", "1", "10", "alpha", "20190101000000-abc"],
    [".", ".", "-", "+"],
  ],
  pypi: [
    ["0", "1", "10", "a1", "rc2", "post1", "dev3", "+l1"],
    [".", "-", "", "_"],
  ],
  // Maven's own order is no order where numbers and words meet below a list; these never do.
  maven: [
    ["0", "1", "10", "007"],
    [".", "."],
  ],
  rubygems: [
    ["0", "1", "10", "a", "pre", "rc1"],
    [".", ".", "-"],
  ],
  packagist: [
    ["0", "1", "10", "-beta2", "-rc", "-dev", "-p1"],
    [".", "", ""],
  ],
  nuget: [
    ["0", "1", "010", "ALPHA", "alpha", "rc"],
    [".", ".", "-", "+"],
  ],
  pub: [
    ["0", "1", "10", "alpha", "1a", "-5"],
    [".", ".", "-", "+"],
  ],
  hackage: [
    ["0", "1", "10"],
    [".", "."],
  ],
  cran: [
    ["0", "1", "10", "01"],
    [".", "-"],
  ],
  conan: [
    ["0", "1", "10", "b", "rc"],
    [".", ".", "-", "+"],
  ],
  gentoo: [
    ["0", "1", "10", "01", "a", "_alpha", "_p2", "_rc1", "-r1"],
    [".", ""],
  ],
  openssl: [
    ["0", "1", "a", "za", "-beta1", "-pre2"],
    ["", "", "."],
  ],
  generic: [
    ["0", "1", "10", "rc", "beta", "post", "foo"],
    [".", "-"],
  ],
};

function versions(scheme: SchemeName): fc.Arbitrary<string> {
  const [parts, glue] = material[scheme];
  const piece = fc.tuple(fc.constantFrom(...glue), fc.constantFrom(...parts));
  const start = fc.constantFrom("0", "1", "1.0", "1.0.0", "2.1.0");
  return fc
    .tuple(start, fc.array(piece, { maxLength: 4 }))
    .map(([first, rest]) => first + rest.flat().join(""));
}

describe.each(schemeNames)("the order of %s", (scheme) => {
  const order = orderOfScheme(scheme)!;
  const version = versions(scheme);
  const comparable = version.filter((text) => order(text, text) !== null);

  it("calls a version equal to itself, and knows most of what is written", () => {
    let known = 0;
    fc.assert(
      fc.property(version, (text) => {
        const same = order(text, text);
        if (same !== null) known++;
        expect(same ?? 0).toBe(0);
      }),
      { numRuns: 300 },
    );
    expect(known).toBeGreaterThan(15);
  });

  it("is turned round when the two are", () => {
    fc.assert(
      fc.property(comparable, comparable, (a, b) => {
        const there = order(a, b);
        const back = order(b, a);
        expect(there === null).toBe(back === null);
        expect((there ?? 0) + (back ?? 0)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  // Versions of unknown making are only compared where every reading agrees.
  const goesOn = (): void => {
    fc.assert(
      fc.property(comparable, comparable, comparable, (a, b, c) => {
        const [first, second] = [order(a, b), order(b, c)];
        if (first === null || second === null || first > 0 || second > 0) return;
        expect(order(a, c)).toBe(first === 0 && second === 0 ? 0 : -1);
      }),
      { numRuns: 1_000 },
    );
  };
  if (scheme !== "generic") it("goes on from one to the next", goesOn);

  it("cannot compare what is no version", () => {
    for (const text of ["", " ", "\t", "1.0 2.0", "\u0000"]) {
      expect(order(text, "1.0"), JSON.stringify(text)).toBeNull();
      expect(order("1.0", text), JSON.stringify(text)).toBeNull();
    }
  });

  it("says so at once, however long and repetitive the text is", () => {
    const long = ["a", "1.", "-", "1!", "1-a.", "0", "~", "v1_"].map((s) => s.repeat(50_000));
    const starts = ["1.0", "1.0-alpha", "1.0_p", "1.0.0-rc.", "1.0b"];
    const pieces = ["1", "a", "a1", "1.", ".1", "-", "1-", "0.a", "x*", "1a-"];
    const short = starts.flatMap((from) => pieces.map((piece) => `${from}${piece.repeat(200)}!`));
    const before = performance.now();
    for (const text of long) expect(order(text, "1.0")).toBeNull();
    for (const text of short) order(text, "1.0");
    // A bound on work, far above what one reading takes and far below what a square of it would.
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});

describe("any text at all", () => {
  it.each(schemeNames)("is compared by %s or is not, and never throws", (scheme) => {
    const order = orderOfScheme(scheme)!;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (a, b) => {
        expect([-1, 0, 1, null]).toContain(order(a, b) === 0 ? 0 : order(a, b));
      }),
    );
  });
});

it("knows schemes by their other names and no others", () => {
  expect(orderOfScheme("composer")).toBe(orderOfScheme("packagist"));
  expect(orderOfScheme("DEB")).toBe(orderOfScheme("deb"));
  expect(orderOfScheme("constructor")).toBeNull();
  expect(orderOfScheme("")).toBeNull();
});
