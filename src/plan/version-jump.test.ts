import { describe, expect, test } from "vitest";
import { jumpToText, nameJumps, versionJump } from "./version-jump.ts";

describe("a version jumps", () => {
  test.each([
    ["1.1.1w-0+deb11u1", "3.0.11-1~deb12u2", "a new major version: 1 to 3"],
    ["0.9.8-1", "0.10.0-1", "a new major version: 0.9 to 0.10"],
    ["1:9.2p1-2", "2:9.2p1-2", "its epoch changes from 1 to 2: its versions were counted anew"],
    ["9.9-1", "1:1.0-1", "its epoch changes from 0 to 1: its versions were counted anew"],
    ["beta-1", "gamma-1", "whether it is a new major version is not known"],
  ])("from %s to %s", (from, to, text) => {
    const jump = versionJump(from, to);
    expect(jump && jumpToText(jump)).toBe(text);
  });

  test.each([
    ["3.0.17-1~deb12u2", "3.0.18-1~deb12u1"],
    ["1:9.2p1-2+deb12u3", "1:9.2p1-2+deb12u5"],
    // Only the revision differs, so the sources of upstream are the same.
    ["beta-1", "beta-2"],
    // Years and days stand where others count: no later one breaks an interface by its number.
    ["2024a-0+deb12u1", "2025b-0+deb12u1"],
    ["20230311", "20240203"],
    ["v1.8.1-3.el9", "v1.9.0-1.el9"],
    ["2.36-9+deb12u4", "2.41-1"],
    ["0-20230101", "0-20240101"],
  ])("not from %s to %s", (from, to) => {
    expect(versionJump(from, to)).toBeNull();
  });

  test("of a library's interface is seen in the name of the package that takes its place", () => {
    const step = (verb: string, name: string) => ({ verb, name });
    expect(
      nameJumps([
        step("remove", "libssl1.1"),
        step("install", "libssl3t64"),
        step("install", "libfoo2"),
        step("install", "nginx-common"),
        step("remove", "perl"),
      ]),
    ).toEqual([{ kind: "name", from: "libssl1.1", to: "libssl3t64" }]);
  });
});
