import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Statement } from "./model.ts";
import { groupStatements, groupsInTurns } from "./statement-groups.ts";

const states: readonly Statement["state"][] = [
  { kind: "open" },
  { kind: "fixed", version: "1.0-2" },
  { kind: "never-affected" },
];

const statement = fc
  .record({
    packageName: fc.constantFrom("openssl", "libssl3", "curl", 'od"d\\name'),
    vulnerability: fc.constantFrom("CVE-2026-1001", "CVE-2026-1002", "CVE-2026-2001", "GHSA-x"),
    advisory: fc.constantFrom("", "DSA-1"),
    state: fc.constantFrom(...states),
    ecosystem: fc.constantFrom("Debian:12", "Debian:13"),
  })
  .map((of): Statement => ({ ...of, feed: "f", matches: "source", urgency: "" }));

/** What groups say, one line a package and vulnerability. */
function taken(groups: ReturnType<typeof groupStatements>): readonly string[] {
  return groups
    .flatMap((g) =>
      g.packageNames.flatMap((name) =>
        g.vulnerabilities.map((id) => [g.ecosystem, name, id, g.advisory, g.stateText].join(" ")),
      ),
    )
    .sort();
}

describe("groups of statements", () => {
  it("say exactly what the statements said, each once", () => {
    fc.assert(
      fc.property(fc.array(statement), (all) => {
        const said = all.map((s) =>
          [s.ecosystem, s.packageName, s.vulnerability, s.advisory, JSON.stringify(s.state)].join(
            " ",
          ),
        );
        expect(taken(groupStatements(all))).toEqual([...new Set(said)].sort());
      }),
    );
  });

  it("are the same in whatever order the statements came", () => {
    const canonical = (all: readonly Statement[]) =>
      groupStatements(all)
        .map((g) => JSON.stringify(g))
        .sort();
    fc.assert(
      fc.property(fc.array(statement), (all) => {
        expect(canonical(all.toReversed())).toEqual(canonical(all));
      }),
    );
  });

  it("are the same when they are made in turns", () => {
    const canonical = (groups: Iterable<ReturnType<typeof groupStatements>>) =>
      [...groups]
        .flat()
        .map((g) => JSON.stringify(g))
        .sort();
    fc.assert(
      fc.property(fc.array(statement), fc.integer({ min: 1, max: 5 }), (all, size) => {
        expect(canonical(groupsInTurns(all, size))).toEqual(canonical([groupStatements(all)]));
      }),
    );
  });

  it("hold a whole advisory, but CVEs without one by year and thousand only", () => {
    const said = (advisory: string): readonly Statement[] =>
      ["a", "b"].flatMap((packageName) =>
        ["CVE-2026-1001", "CVE-2026-1999", "CVE-2026-2000"].map((vulnerability) => ({
          feed: "f",
          ecosystem: "Debian:12",
          packageName,
          matches: "source" as const,
          vulnerability,
          advisory,
          state: { kind: "open" as const },
          urgency: "",
        })),
      );
    expect(groupStatements(said("DSA-1"))).toHaveLength(1);
    expect(groupStatements(said("")).map((g) => g.vulnerabilities)).toEqual([
      ["CVE-2026-1001", "CVE-2026-1999"],
      ["CVE-2026-2000"],
    ]);
  });

  it("keep streams and architectures apart that share a state", () => {
    const base = {
      feed: "f",
      ecosystem: "AlmaLinux:9",
      matches: "binary" as const,
      vulnerability: "CVE-2026-1001",
      advisory: "A",
      state: { kind: "open" as const },
      urgency: "",
    };
    const groups = groupStatements([
      { ...base, packageName: "a", streams: ["nodejs:16"] },
      { ...base, packageName: "b", streams: ["nodejs:18"] },
    ]);
    expect(groups).toHaveLength(2);
  });
});
