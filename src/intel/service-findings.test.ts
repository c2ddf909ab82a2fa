import { describe, expect, it } from "vitest";
import { aPackage, aStatement } from "../../test/builders/intel.ts";
import type { PairGroup } from "./exposure.ts";
import { diffOf } from "./sbom-diff.ts";
import { actionsOf, actionText, highestVersion, withFreeTarget } from "./service-findings.ts";
import { gateVerdict } from "./service-gate.ts";
import { riskOfPairs, serviceState } from "./service-risk.ts";

function pair(vulnerability: string, fixedVersion: string | null, packageIds = [1]): PairGroup {
  const state = fixedVersion === null ? "affected-no-fix" : "affected-fix-available";
  return {
    ecosystem: "npm",
    source: "qs",
    vulnerability,
    state,
    fixedVersion,
    packageIds,
    since: 1_000,
  };
}

const packages = new Map(
  [
    aPackage({ id: 1, ecosystem: "npm", name: "qs", version: "6.2.0" }),
    aPackage({ id: 2, ecosystem: "npm", name: "qs", version: "6.5.0" }),
  ].map((p) => [p.id, p]),
);

describe("what mends a service", () => {
  it("is one update to the highest fix, over all versions that are in it", () => {
    const pairs = [pair("CVE-1", "6.9.10", [1, 2]), pair("CVE-2", "6.10.0"), pair("CVE-3", null)];
    const [action, ...others] = actionsOf(pairs, packages, new Map());
    expect(others).toEqual([]);
    expect(action).toMatchObject({ target: "6.10.0", since: 1_000 });
    expect(action === undefined ? "" : actionText(action)).toBe(
      "Upgrade qs from 6.2.0, 6.5.0 to 6.10.0: clears 2, no fix is known for 1",
    );
  });

  it("names no version where two fixes cannot be compared", () => {
    expect(highestVersion("npm", ["1.0.0", "not a version"])).toBeNull();
    expect(highestVersion("unheard of", ["1.0", "2.0"])).toBeNull();
    expect(highestVersion("npm", [])).toBeNull();
  });

  it("goes on to a version without other known vulnerabilities, and says when there is none", () => {
    const [action] = actionsOf([pair("CVE-1", "6.9.0")], packages, new Map());
    if (action === undefined) throw new Error("no action");
    const range = (introduced: string, fixed: string | null, vulnerability: string) =>
      aStatement({
        ecosystem: "npm",
        packageName: "qs",
        vulnerability,
        state: {
          kind: "ranges",
          ranges: [{ introduced, fixed, lastAffected: null }],
          versions: [],
        },
      });
    const both = [range("0", "6.9.0", "CVE-1"), range("6.8.0", "6.9.5", "CVE-2")];
    expect(withFreeTarget(action, both).target).toBe("6.9.5");
    const endless = [range("0", "6.9.0", "CVE-1"), range("6.8.0", null, "CVE-2")];
    const stuck = withFreeTarget(action, endless);
    expect(stuck).toMatchObject({ target: "6.9.0", hasOthersAtTarget: true });
    expect(actionText(stuck)).toContain("and 6.9.0 has others");
  });
});

describe("the gate of a pipeline", () => {
  const actions = actionsOf([pair("CVE-1", "6.9.0")], packages, new Map());
  const input = {
    actions,
    unmatchedCount: 0,
    artifactCount: 1,
    notKnown: ["1 entry is unknown."],
    setAside: [],
  };

  it("never passes without data", () => {
    expect(gateVerdict({ ...input, rules: ["any"], artifactCount: 0 }).state).toBe("fail");
    const waiting = { ...input, rules: ["critical"] as const, actions: [], unmatchedCount: 3 };
    expect(gateVerdict(waiting).state).toBe("not-yet");
  });

  it("goes by what it is asked for and nothing else", () => {
    expect(gateVerdict({ ...input, rules: ["known-exploited", "critical"] }).state).toBe("pass");
    expect(gateVerdict({ ...input, rules: ["any"] }).reasons).toEqual([
      "Upgrade qs from 6.2.0 to 6.9.0: clears 1 (CVE-1)",
    ]);
    expect(gateVerdict({ ...input, rules: ["unknown"] })).toEqual({
      state: "fail",
      reasons: ["1 entry is unknown."],
      setAside: [],
    });
  });
});

describe("how a service stands", () => {
  const risk = riskOfPairs([], new Map());
  const input = { risk, gaps: new Map(), unknownCount: 0, componentCount: 3, artifactCount: 1 };

  it("is good only where everything is known", () => {
    expect(serviceState(input).state).toBe("good");
    expect(serviceState({ ...input, artifactCount: 0 }).state).toBe("unknown");
    expect(serviceState({ ...input, componentCount: 0 }).state).toBe("unknown");
    expect(serviceState({ ...input, unknownCount: 1 }).state).toBe("unknown");
    expect(serviceState({ ...input, gaps: new Map([["no-feed", 1]]) }).state).toBe("unknown");
  });

  it("counts each vulnerability once", () => {
    const pairs = [pair("CVE-1", "1.0.0"), { ...pair("CVE-1", null), source: "other" }];
    expect(riskOfPairs(pairs, new Map())).toMatchObject({ open: 1, fixable: 1, exploited: 0 });
  });
});

describe("two states of an artifact", () => {
  it("differ by what came, went and moved, whatever order they stand in", () => {
    const entry = (name: string, version: string) => ({ ecosystem: "npm", name, version });
    const before = [entry("a", "1"), entry("b", "1"), entry("b", "2"), entry("c", "1")];
    const after = [entry("b", "2"), entry("d", "1"), entry("c", "1"), entry("c", "1")];
    expect(diffOf(before, after)).toEqual({
      came: [{ ecosystem: "npm", name: "d", versions: ["1"] }],
      went: [{ ecosystem: "npm", name: "a", versions: ["1"] }],
      changed: [{ ecosystem: "npm", name: "b", versions: ["2"], before: ["1", "2"] }],
    });
    expect(diffOf(after, after)).toEqual({ came: [], went: [], changed: [] });
  });
});
