import { describe, expect, it } from "vitest";
import { sha256 } from "../base/digest.ts";
import type { RuntimePolicy } from "../policy/runtime.ts";
import { countExposure, postingsOf } from "./exposure.ts";
import type { Filter, Filters } from "./filter.ts";
import {
  asideDigest,
  asideOn,
  type GroupToJudge,
  type KeptAside,
  type OpenFact,
  withAsides,
} from "./runtime-aside.ts";
import { withFilters } from "./seen-pairs.ts";

const policy: RuntimePolicy = {
  ...{ file: "runtime.yaml", version: sha256("the policy"), evidenceMs: 3_600_000 },
  rules: [
    { name: "unused", when: ["not-loaded"], hosts: [], effect: "set-aside", exploited: "stays" },
  ],
};
const fact: OpenFact = { vectors: [], programFiles: [], isExploited: false };

const group: GroupToJudge = {
  isOf: () => true,
  judge: ({ packages }) =>
    packages.includes("libz")
      ? { kind: "not-loaded", reason: "libz: no process has the library in memory." }
      : { kind: null, reason: "it runs" },
  sources: [
    {
      ...{ names: ["libz"], isKernel: false },
      packages: [
        { id: 1, vulnerabilities: ["CVE-2026-0001", "CVE-2026-0002"] },
        { id: 2, vulnerabilities: [] },
      ],
    },
    {
      names: ["nginx"],
      isKernel: false,
      packages: [{ id: 3, vulnerabilities: ["CVE-2026-0001"] }],
    },
  ],
};

const kept: KeptAside = {
  ...{ id: 7, since: 5 },
  content: {
    policy: { file: "runtime.yaml", version: "c".repeat(64) },
    reasons: [
      { kind: "not-loaded", text: "libz: not in memory.", rule: "unused", effect: "set-aside" },
    ],
    aside: { "CVE-2026-0001": [[1, 0]] },
  },
};

describe("what the runtime policy sets aside", () => {
  it("is what was seen and a rule fits, and nothing that is exploited", () => {
    const found = asideOn(group, policy, (id) => ({
      ...fact,
      isExploited: id === "CVE-2026-0002",
    }));
    expect(found).toMatchObject({
      reasons: [{ kind: "not-loaded", rule: "unused" }],
      aside: { "CVE-2026-0001": [[1, 0]] },
    });
    expect(asideOn({ ...group, isOf: () => false }, policy, () => fact)).toBeNull();
  });

  it("is lowered where the rule says so, and stays in what is counted", () => {
    const lowering = {
      ...policy,
      rules: policy.rules.map((r) => ({ ...r, effect: "lower" as const })),
    };
    const content = asideOn(group, lowering, () => fact);
    if (content === null) throw new Error("nothing is lowered");
    const filters = withAsides(new Map(), [{ id: 7, since: 5, content }]);
    expect(filters.get("CVE-2026-0001")?.(1, { marks: "r7" })).toMatchObject({
      ...{ isSetAside: false, isLowered: true },
      trust: expect.stringMatching(/^Lowered by the rule "unused"/),
    });
    const pair = {
      ...{ ecosystem: "Debian:12", source: "zlib", vulnerability: "CVE-2026-0001", since: 0 },
      ...{ state: "affected-no-fix" as const, fixedVersion: null, packageIds: [1] },
    };
    const groups = [
      { id: 0, setId: 1, kernelRunning: null, marks: "r7", hostCount: 3 },
      { id: 1, setId: 1, kernelRunning: null, marks: "", hostCount: 4 },
    ];
    const members = new Map([[1, Int32Array.of(1)]]);
    const postings = postingsOf({ wanted: [1], packages: new Map(), members, groups });
    const counted = (how: "left-out" | "only") =>
      countExposure(withFilters([pair], filters, how), postings);
    expect(counted("left-out")).toMatchObject([{ hostCount: 7, loweredHostCount: 3 }]);
    expect(counted("only")).toEqual([]);
  });

  it("has one digest for the same content, whatever hosts it was judged on", () => {
    const [one, two] = [asideOn(group, policy, () => fact), asideOn(group, policy, () => fact)];
    if (one === null || two === null) throw new Error("nothing is set aside");
    expect(asideDigest(one)).toBe(asideDigest(two));
  });

  it("holds on hosts with its mark only, and leaves what VEX says as it is", () => {
    const filters = withAsides(new Map(), [kept]);
    const filterOf = filters.get("CVE-2026-0001");
    expect(filterOf?.(1, { marks: "3,@pro,r7" })).toMatchObject({
      ...{ kind: "not-loaded", isSetAside: true },
      trust: 'Set aside by the rule "unused" of runtime.yaml (cccccccccccc).',
    });
    for (const marks of ["", "7", "r77", "r7,r8", "@r7"])
      expect(filterOf?.(1, { marks })).toBeNull();
    expect(filterOf?.(2, { marks: "r7" })).toBeNull();

    const vex = { kind: "vex", isSetAside: true } as Filter;
    const said: Filters = new Map([["CVE-2026-0001", () => vex]]);
    expect(withAsides(said, [kept]).get("CVE-2026-0001")?.(1, { marks: "r7" })).toBe(vex);
    const shown = { ...vex, isSetAside: false };
    const shownOnly: Filters = new Map([["CVE-2026-0001", () => shown]]);
    const both = withAsides(shownOnly, [kept]).get("CVE-2026-0001");
    expect(both?.(1, { marks: "r7" })?.kind).toBe("not-loaded");
    expect(both?.(1, { marks: "" })).toBe(shown);
  });
});
