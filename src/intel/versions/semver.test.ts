import { describe, expect, it } from "vitest";
import { orderOf } from "./order.ts";
import { compareSemver } from "./semver.ts";

describe("the order of semantic versions", () => {
  it("follows the example of SemVer 2.0.0 §11", () => {
    const sorted = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
    ];
    for (let i = 1; i < sorted.length; i++) {
      expect(compareSemver(sorted[i - 1]!, sorted[i]!)).toBe(-1);
    }
  });

  it("reads Go's pseudo-versions, a leading v and short versions", () => {
    expect(
      compareSemver("v0.0.0-20190101000000-abcdefabcdef", "0.0.0-20200101000000-000000000000"),
    ).toBe(-1);
    expect(compareSemver("v2.0.0+incompatible", "2.0.0")).toBe(0);
    expect(compareSemver("1.19", "1.19.0")).toBe(0);
  });

  it("says when it cannot compare", () => {
    expect(compareSemver("latest", "1.0.0")).toBeNull();
    expect(compareSemver("1.0.0", "1.0.0.1")).toBeNull();
    expect(compareSemver("", "1.0.0")).toBeNull();
  });
});

describe("the order of an ecosystem", () => {
  it("is found by the name before the release", () => {
    expect(orderOf("Debian:12")?.("1.0~a", "1.0")).toBe(-1);
    expect(orderOf("npm")?.("1.0.0", "1.0.1")).toBe(-1);
  });

  it("is unknown for an ecosystem we have no rules for", () => {
    expect(orderOf("AlmaLinux:9")).toBeNull();
    expect(orderOf("constructor")).toBeNull();
  });
});
