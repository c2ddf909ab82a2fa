import fc from "fast-check";
import semver from "semver";
import { describe, expect, it } from "vitest";
import { containsVersion, formatVers, parseVers } from "./vers.ts";
import { versFromNative } from "./vers-native.ts";

function text(type: string, native: string): string {
  const { range, problem } = versFromNative(type, native);
  return range === null ? `no: ${problem}` : formatVers(range);
}

describe("a range as tools write it", () => {
  it.each([
    ["npm", ">= 1.6.9 <2", "vers:npm/>=1.6.9|<2.0.0"],
    ["npm", "~1.6.5 || >=1.7.2", "vers:npm/>=1.6.5|<1.7.0|>=1.7.2"],
    ["npm", "^0.2.1-beta", "vers:npm/>=0.2.1-beta|<0.3.0"],
    ["npm", "^0.0.2", "vers:npm/>=0.0.2|<0.0.3"],
    ["npm", "5.0.0 - 7.2", "vers:npm/>=5.0.0|<7.3.0"],
    ["npm", "1.2.x", "vers:npm/>=1.2.0|<1.3.0"],
    ["npm", "", "vers:npm/*"],
    ["npm", "2.0.x || 2.1.x", "vers:npm/>=2.0.0|<2.2.0"],
    ["npm", "<1.0.0 || >1.0.0", "vers:npm/!=1.0.0"],
    ["npm", "1.0.0 2.0.0", "no: it holds no version"],
    ["npm", "latest", "no: it is not written as such ranges are"],
    ["cargo", "1.2", "vers:cargo/>=1.2.0|<2.0.0"],
    ["cargo", "=1.2.3", "vers:cargo/1.2.3"],
    ["cargo", ">=1.2, <1.5", "vers:cargo/>=1.2.0|<1.5.0"],
    ["composer", "^1.2|~2.3.4", "vers:composer/>=1.2.0|<2.0.0|>=2.3.4|<2.4.0"],
    ["composer", "1.0.*", "vers:composer/>=1.0.0|<1.1.0"],
    ["pypi", ">= 1.0", "vers:pypi/>=1.0"],
    ["pypi", "~=2.2.1, !=2.2.3", "vers:pypi/>=2.2.1|!=2.2.3|<2.3.dev0"],
    ["pypi", "==1.1.*", "vers:pypi/>=1.1.dev0|<1.2.dev0"],
    ["pypi", "!=1.1.*", "vers:pypi/<1.1.dev0|>=1.2.dev0"],
    ["gem", "~>2.0.8", "vers:gem/>=2.0.8|<2.1"],
    ["gem", "~> 2.2.0, != 2.2.1, < 2.3.0", "vers:gem/>=2.2.0|!=2.2.1|<2.3"],
    ["maven", "[1.0,2.0)", "vers:maven/>=1.0|<2.0"],
    ["maven", "(,1.0],[1.2,)", "vers:maven/<=1.0|>=1.2"],
    ["maven", "[1.5]", "vers:maven/1.5"],
    ["maven", "1.5", "vers:maven/1.5"],
    ["maven", "(1.5)", "no: it is not written as such ranges are"],
    ["nuget", "[1.0.0, 2.0.0)", "vers:nuget/>=1.0.0|<2.0.0"],
    ["nuget", "1.0", "vers:nuget/>=1.0"],
    ["hex", "~> 2.0 and != 2.0.3 or >= 4.0.0", "vers:hex/>=2.0|!=2.0.3|<3|>=4.0.0"],
    ["hackage", "^>=1.2.3 || ==2.0.*", "vers:hackage/>=1.2.3|<1.3|>=2.0|<2.1"],
    ["pub", "^1.2.3", "vers:pub/>=1.2.3|<2.0.0"],
    ["pub", "any", "vers:pub/*"],
    ["deb", "(>= 1:1.0~rc1), (<< 1:2.0)", "vers:deb/>=1:1.0~rc1|<1:2.0"],
    ["golang", ">= v1.0.0, < v1.2.0", "vers:golang/>=v1.0.0|<v1.2.0"],
    ["conan", ">1 <2.0 || ^3.2 ", "vers:conan/>1|<2.0|>=3.2|<4-"],
    ["conan", "~2.5", "vers:conan/>=2.5|<2.6-"],
    ["conan", "[*, include_prerelease=True]", "vers:conan/>=0.0.0"],
    ["nginx", "0.8.40+", "vers:nginx/>=0.8.40|<0.9.0"],
    ["nginx", "0.7.52-0.8.39, 1.5.0+", "vers:nginx/>=0.7.52|<=0.8.39|>=1.5.0"],
    ["openssl", "3.0.0, 1.0.1b", "vers:openssl/1.0.1b|3.0.0"],
    ["gentoo", ">=1.0-r1 <2", "vers:gentoo/>=1.0-r1|<2"],
    ["rpm", "< 1:2.0-3.el9", "vers:rpm/<1:2.0-3.el9"],
    ["datetime", ">2024", 'no: no notation of the type "datetime" is known'],
    ["nobody", ">1", 'no: no notation of the type "nobody" is known'],
  ])("of %s: %j is %s", (type, native, expected) => {
    expect(text(type, native)).toBe(expected);
  });

  it("becomes a specifier that is valid, whatever is written", () => {
    const part = fc.constantFrom(
      ">=",
      "<",
      "^",
      "~",
      "!=",
      "1",
      "1.2",
      "2.0.1",
      ".x",
      " ",
      "||",
      "-",
    );
    const types = fc.constantFrom("npm", "pypi", "gem", "composer", "conan", "deb", "maven", "hex");
    const native = fc.array(part, { maxLength: 8 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(types, native, (type, written) => {
        const { range } = versFromNative(type, written);
        if (range !== null) expect(parseVers(formatVers(range)).problem).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  it("holds of npm the releases that node-semver says", () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join("."));
    const bound = fc.oneof(
      version,
      fc.tuple(fc.nat(3), fc.nat(3)).map((numbers) => numbers.join(".")),
      fc.nat(3).map((number) => `${number}.x`),
    );
    const one = fc
      .tuple(fc.constantFrom("", "^", "~", ">", ">=", "<", "<=", "="), bound)
      .map(([sign, at]) => sign + at);
    const set = fc.array(one, { minLength: 1, maxLength: 2 }).map((all) => all.join(" "));
    const range = fc.array(set, { minLength: 1, maxLength: 3 }).map((all) => all.join(" || "));
    fc.assert(
      fc.property(range, version, (written, at) => {
        const read = versFromNative("npm", written).range;
        const isIn = read !== null && containsVersion(read, at);
        expect(isIn, `${written} ${at}`).toBe(semver.satisfies(at, written));
      }),
      { numRuns: 2_000 },
    );
  });
});
