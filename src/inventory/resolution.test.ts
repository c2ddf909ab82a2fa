import { describe, expect, test } from "vitest";
import { fitProblem, parseResolution, wantsDigest, wantsText } from "./resolution.ts";

const SHA = "ab".repeat(32);
const OLD = "cd".repeat(32);
const upgrade = `move upgrade openssl amd64 3.0.11 3.0.13 ${SHA} 1430000 ${OLD}`;

describe("what is asked of a host", () => {
  test("has one text for one wish", () => {
    const a = { name: "a", arch: "amd64", version: "1" };
    const b = { name: "b", arch: "all", version: "2" };
    expect(wantsText([b, a, a])).toBe("want a amd64 1\nwant b all 2\n@end\n");
    expect(wantsDigest([a, b])).toBe(wantsDigest([b, a]));
  });

  test.each([
    [{ name: "-o", arch: "amd64", version: "1" }],
    [{ name: "a\n@end", arch: "amd64", version: "1" }],
    [{ name: "a", arch: "amd64", version: "1 2" }],
    [{ name: "a", arch: "$(id)", version: "1" }],
  ])("refuses %j", (want) => {
    expect(() => wantsText([want])).toThrow();
  });
});

describe("a host's answer", () => {
  test("is read whole", () => {
    const answer = parseResolution([
      "move remove old amd64 1 - - 0 -",
      upgrade,
      `move install new all - 1.0 ${SHA} 5 -`,
      "service nginx.service",
      "service nginx.service",
    ]);
    if (answer.kind !== "resolved") throw new Error(answer.problem);
    expect(answer.moves.map((move) => move.name)).toEqual(["new", "old", "openssl"]);
    expect(answer.moves[2]).toMatchObject({ sizeBytes: 1_430_000, sha256: SHA, oldSha256: OLD });
    expect(answer.services).toEqual(["nginx.service"]);
  });

  test.each([
    ["move upgrade openssl amd64 3.0.11 3.0.13 - 1430000 -"],
    ["move upgrade openssl amd64 - 3.0.13 ab 1 -"],
    [`move purge openssl amd64 1 2 ${SHA} 1 -`],
    [`${upgrade} more`],
    ["service a b"],
    ["hello"],
  ])("with the line %j is no answer at all", (line) => {
    expect(parseResolution([upgrade, line]).kind).toBe("refused");
  });

  test("says what depends on the packages and which of their files were edited", () => {
    const around = [
      "around dpkg",
      "dependent openssl ca-certificates",
      "dependents openssl 2",
      "reached 7",
      "conffile openssl /etc/ssl/openssl.cnf changed",
    ];
    expect(parseResolution([upgrade, ...around])).toMatchObject({
      around: {
        dependents: [{ name: "openssl", count: 2, first: ["ca-certificates"] }],
        reached: 7,
        conffiles: [{ name: "openssl", path: "/etc/ssl/openssl.cnf", state: "changed" }],
      },
    });
    // A host without dpkg, or with an older program, says nothing: that is not "nothing".
    expect(parseResolution([upgrade])).toMatchObject({ kind: "resolved", around: null });
  });

  test.each([
    ["dependents openssl many"],
    ["dependent openssl ../etc"],
    ["conffile openssl /etc/a b changed"],
    ["reached 3"],
  ])("with the line %j about them is no answer at all", (line) => {
    expect(parseResolution([upgrade, line]).kind).toBe("refused");
  });

  test("that holds a problem is that problem", () => {
    const answer = parseResolution([upgrade, "problem apt says: E: no"]);
    expect(answer).toEqual({ kind: "refused", problem: "apt says: E: no" });
  });

  test("must fit the sets it speaks for", () => {
    const parsed = parseResolution([upgrade]);
    const moves = parsed.kind === "resolved" ? parsed.moves : [];
    const openssl = {
      ecosystem: "Debian:12",
      name: "openssl",
      version: "3.0.11",
      arch: "amd64",
      source: "openssl",
      sourceVersion: "3.0.11",
      origin: "",
      module: "",
    };
    const offer = {
      name: "openssl",
      arch: "amd64",
      version: "3.0.13",
      sha256: SHA,
      sizeBytes: 1,
      origin: "",
      suite: "",
      component: "",
      source: "openssl",
      sourceVersion: "3.0.13",
    };
    expect(fitProblem(moves, { packages: [openssl], offers: [offer] })).toBeNull();
    expect(
      fitProblem(moves, { packages: [{ ...openssl, version: "3.0.9" }], offers: [offer] }),
    ).toContain("3.0.11");
    expect(fitProblem(moves, { packages: [openssl], offers: [] })).toContain("not offered");
  });
});
