import { describe, expect, it } from "vitest";
import { aStatement } from "../../test/builders/intel.ts";
import { judge } from "./judge.ts";
import type { Statement } from "./model.ts";
import { compareDeb } from "./versions/deb.ts";
import { compareLooseSemver } from "./versions/semver.ts";

function judged(state: Statement["state"], installed: string, urgency = "high") {
  return judge(aStatement({ state, urgency }), installed, compareDeb);
}

describe("one statement against one version", () => {
  it.each([
    [{ kind: "fixed", version: "1.0-2" }, "1.0-1", "affected-fix-available", "lower"],
    [{ kind: "fixed", version: "1.0-2" }, "1.0-2", "fixed", "equal"],
    [{ kind: "fixed", version: "1.0-2~deb12u1" }, "1.0-2", "fixed", "higher"],
    [{ kind: "fixed", version: "1.0-2" }, "odd version", "unknown-coverage", "not-comparable"],
    [{ kind: "never-affected" }, "1.0-1", "not-affected", "not-compared"],
    [{ kind: "open" }, "1.0-1", "affected-no-fix", "not-compared"],
    [{ kind: "deferred", why: "" }, "1.0-1", "fix-deferred", "not-compared"],
    [{ kind: "ignored", why: "" }, "1.0-1", "will-not-fix", "not-compared"],
    [{ kind: "end-of-life" }, "1.0-1", "end-of-life", "not-compared"],
    [{ kind: "undetermined" }, "1.0-1", "under-investigation", "not-compared"],
  ] as const)("%j with %s is %s", (state, installed, expected, comparison) => {
    expect(judged(state, installed)).toMatchObject({ state: expected, comparison });
  });

  it("never exposes anybody through code that is not in the package", () => {
    const open = judged({ kind: "open" }, "1.0-1", "unimportant");
    expect(open).toMatchObject({ state: "not-affected", rule: "unimportant" });
    const fixed = judged({ kind: "fixed", version: "2.0" }, "1.0-1", "unimportant");
    expect(fixed.state).toBe("not-affected");
  });
});

describe("ranges", () => {
  const ranges = [
    { introduced: "1.0.0", fixed: "1.4.0", lastAffected: null },
    { introduced: "2.0.0", fixed: null, lastAffected: "2.1.0" },
  ];
  const at = (installed: string, versions: readonly string[] = []) =>
    judge(
      aStatement({ state: { kind: "ranges", ranges, versions } }),
      installed,
      compareLooseSemver,
    );

  it.each([
    ["0.9.0", "not-affected", null],
    ["1.0.0", "affected-fix-available", "1.4.0"],
    ["1.3.9", "affected-fix-available", "1.4.0"],
    ["1.4.0", "fixed", "1.4.0"],
    ["2.1.0", "affected-no-fix", null],
    ["2.1.1", "fixed", "1.4.0"],
    ["latest", "unknown-coverage", "1.4.0"],
  ])("judge %s as %s", (installed, state, fixedVersion) => {
    expect(at(installed)).toMatchObject({ state, fixedVersion });
  });

  it("yield to a version that the publisher lists", () => {
    expect(at("0.9.0", ["0.9.0"])).toMatchObject({
      state: "affected-fix-available",
      fixedVersion: "1.4.0",
      rule: "listed-version",
    });
  });

  it("of an ecosystem without an order are unknown, unless the version is listed", () => {
    const state = { kind: "ranges", ranges, versions: ["1.5"] } as const;
    expect(judge(aStatement({ state }), "1.5", null).state).toBe("affected-fix-available");
    expect(judge(aStatement({ state }), "1.6", null).state).toBe("unknown-coverage");
  });
});
