import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aPackage, aStatement } from "../../test/builders/intel.ts";
import { pairGroupsOf } from "./correlate.ts";
import { findingsForPackages, judgeDistinct, keptStates } from "./match.ts";
import type { Statement } from "./model.ts";

const version = fc.constantFrom("1.0-1", "1.0-2", "2.0-1");
const source = fc.constantFrom("a", "b");
const somePackages = fc.array(
  fc.record({ name: fc.constantFrom("a", "a-doc", "b"), source, version }),
  { maxLength: 6 },
);
const state = fc.oneof(
  version.map((fixed): Statement["state"] => ({ kind: "fixed", version: fixed })),
  fc.constantFrom<Statement["state"]>({ kind: "open" }, { kind: "never-affected" }),
);
const someStatements = fc.array(
  fc.record({
    feed: fc.constantFrom("debian-tracker", "osv-debian"),
    packageName: source,
    matches: fc.constantFrom("source" as const, "binary" as const),
    vulnerability: fc.constantFrom("CVE-1", "CVE-2", "CVE-3"),
    advisory: fc.constantFrom("", "X-1", "X-2"),
    state,
  }),
  { maxLength: 8 },
);

describe("correlation in memory", () => {
  it("finds the pairs that judging one package after the other finds", () => {
    fc.assert(
      fc.property(
        somePackages,
        someStatements,
        fc.subarray(["CVE-1", "CVE-2"]),
        (own, said, gone) => {
          const packages = own.map((p, id) => aPackage({ id, sourceVersion: p.version, ...p }));
          const statements = said.map((s, id) => aStatement({ id, ...s }));
          const rejected = new Set(gone);
          const alone = packages.flatMap((p) =>
            findingsForPackages({ packages: [p], statements, rejected }).matches.map((m) =>
              [p.id, m.vulnerability, m.state, m.fixedVersion, m.because.packageName].join(" "),
            ),
          );
          const { judged } = judgeDistinct({ packages, statements, rejected }, keptStates);
          const together = pairGroupsOf(judged, 0).flatMap((pair) =>
            pair.packageIds.map((id) =>
              [id, pair.vulnerability, pair.state, pair.fixedVersion, pair.source].join(" "),
            ),
          );
          expect(together.toSorted()).toEqual(alone.toSorted());
        },
      ),
    );
  });
});
