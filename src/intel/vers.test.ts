import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containsVersion, formatVers, parseVers } from "./vers.ts";

function contains(range: string, version: string): boolean | null {
  const reading = parseVers(range);
  expect(reading.problem, range).toBeNull();
  return reading.range === null ? null : containsVersion(reading.range, version);
}

describe("a version range specifier", () => {
  it.each([
    ["vers:npm/1.2.3|>=2.0.0|<5.0.0", ["1.2.3", "2.0.0", "4.9.9"], ["1.2.2", "1.9.0", "5.0.0"]],
    ["vers:gem/>=2.2.0|!=2.2.1|<2.3.0", ["2.2.0", "2.2.2"], ["2.2.1", "2.3.0", "2.1"]],
    [
      "vers:maven/>=1.0.0-beta1|<=1.7.5|>=7.0.0-M1|<=7.0.7|>=8.0.0-M1",
      ["1.0.0-beta1", "1.7.5", "7.0.0-M1", "7.0.1", "9"],
      ["1.0.0-alpha1", "1.7.6", "7.0.8", "8.0.0-alpha1"],
    ],
    ["vers:pypi/<1.0|>2.0", ["0.9", "2.1"], ["1.0", "1.5", "2.0"]],
    ["vers:pypi/<=1.0|3.0", ["1.0", "3.0.0"], ["2.0", "3.1"]],
    ["vers:deb/<1.0-1", ["1.0~rc1-1", "0.9"], ["1.0-1", "1:0"]],
    ["vers:rpm/>=1:1.0-1.el9", ["1:1.0-2.el9", "2:0-1"], ["9.9-9"]],
    ["vers:apk/>1.0_rc1", ["1.0", "1.0-r1"], ["1.0_rc1", "1.0_alpha"]],
    ["vers:golang/>=0.1.0|<0.2.0", ["v0.1.0", "0.1.9"], ["v0.2.0"]],
    ["vers:semver/<1.0.0", ["1.0.0-rc.1"], ["1.0.0"]],
    ["vers:nuget/1.0", ["1.0.0.0", "1.0.0+x"], ["1.0.0-a"]],
    ["vers:intdot/>=1.2|<10.1", ["1.2", "9.9.9", "10.0.9", "1.2-x"], ["10.1", "1.1"]],
    ["vers:lexicographic/>a|<b", ["aa"], ["a", "b", "B"]],
    [
      "vers:datetime/>=2024-01-01T00:00:00Z",
      ["2023-12-31T20:00:00-05:00", "2024-01-01T00:00:00.000Z"],
      ["2024-01-01T00:00:00+00:01"],
    ],
    ["vers:npm/!=1.2.3", ["1.2.4", "0.1.0"], ["1.2.3"]],
    ["vers:generic/>=1.0|<2.0", ["1.5"], ["2.0"]],
    ["vers:deb/*", ["1"], []],
    ["vers:all/*", ["anything"], []],
    ["vers:none/*", [], ["anything"]],
  ])("%s holds some versions and not others", (range, inside, outside) => {
    for (const version of inside) expect(contains(range, version), version).toBe(true);
    for (const version of outside) expect(contains(range, version), version).toBe(false);
    expect(formatVers(parseVers(range).range!)).toBe(range);
  });

  it.each([
    ["vers:npm/>=1.0.0| <2.0.0", "whitespace"],
    ["vers:npm/|>=1.0.0", "leading pipe"],
    ["vers:npm/>=1.0.0|", "trailing pipe"],
    ["vers:npm/>=1.0.0||<2.0.0", "consecutive pipes"],
    ["vers:npm/>=2.0.0|<1.0.0", "not sorted"],
    ["vers:npm/1.0.0|1.0.0", "twice"],
    ["vers:npm/>=1.0.0|<1.0.0", "twice"],
    ["vers:pypi/1.0|1.0.0", "twice"],
    ["vers:npm/>=1.0.0|>2.0.0", "followed by"],
    ["vers:npm/<1.0.0|!=1.5.0|<2.0.0", "followed by"],
    ["vers:npm/1.0.0|<2.0.0", "followed by"],
    ["vers:npm/*|1.0.0", "percent-encoded"],
    ["vers:npm/=1.0.0", "percent-encoded"],
    ["vers:npm/>=1.0.0<2", "percent-encoded"],
    ["vers:npm/>=", "empty"],
    ["vers:npm/1.0%2G0", "invalid percent-encoding"],
    ["vers:npm/1%", "invalid percent-encoding"],
    ["vers:npm/%ff", "not canonical"],
    ["vers:npm/%FF", "invalid percent-encoding"],
    ["vers:npm/%41", "not canonical"],
    ["vers:datetime/2024-01-01t00:00:00z", "no version"],
    ["vers:datetime/2024-02-30T00:00:00Z", "no version"],
    ["vers:datetime/2024-01-01T00%3A00%3A00Z", "colons"],
    ["vers:datetime/2024-01-01T00%3a00%3a00Z", "not canonical"],
    ["vers:npm/", "no constraints"],
    ["vers:npm", "no constraints"],
    ["vers:NPM/1.0.0", "lower case"],
    ["VERS:npm/1.0.0", "begin with"],
    ["npm/1.0.0", "begin with"],
    ["vers:none/1.0.0", '"*" only'],
    ["vers:all/>1", '"*" only'],
    ["vers:nobody/1.0.0", "not known"],
    ["vers:constructor/1.0.0", "not known"],
    ["vers:npm/>1.0.0|<latest", "no version"],
    ["vers:npm/1.0.0ä", "ASCII"],
    ["", "begin with"],
  ])("%j is not valid", (range, why) => {
    expect(parseVers(range).problem).toContain(why);
  });

  it("decodes a version exactly once", () => {
    expect(parseVers("vers:npm/1.0%252F0").range?.constraints).toEqual([
      { comparator: "=", version: "1.0%2F0" },
    ]);
  });

  it("leaves open what cannot be compared", () => {
    expect(contains("vers:npm/>=1.0.0", "latest")).toBeNull();
    expect(contains("vers:composer/>=1.0", "dev-main")).toBeNull();
  });

  it("is answered by the nearest signposts, as if every constraint had been asked", () => {
    const bounds = fc.uniqueArray(fc.nat(40), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(bounds, fc.boolean(), fc.nat(42), (places, startsLow, at) => {
        const sorted = places.toSorted((a, b) => a - b);
        const signs = sorted.map((_, i) => ((i % 2 === 0) === startsLow ? "<=" : ">="));
        const range = sorted.map((place, i) => `${signs[i]}1.${place}`).join("|");
        const isIn = sorted.some((place, i) => {
          const [before, after] = [sorted[i - 1], sorted[i + 1]];
          if (signs[i] === "<=") return at <= place && (before === undefined || at >= before);
          return at >= place && (after === undefined || at <= after);
        });
        expect(contains(`vers:intdot/${range}`, `1.${at}`)).toBe(isIn);
      }),
    );
  });
});
