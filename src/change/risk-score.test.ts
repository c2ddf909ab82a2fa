import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChangePolicy, riskLevels } from "../policy/change-control.ts";
import { type RiskInput, riskier, scoreRisk } from "./risk-score.ts";

const shipped = parseChangePolicy(
  readFileSync(new URL("../../policies/change.yaml", import.meta.url), "utf8"),
  "change.yaml",
);

const harmless: RiskInput = {
  hosts: 1,
  tier: 3,
  exposedHosts: 0,
  exposureUnknownHosts: 0,
  needsReboot: false,
  irreversible: [],
  past: { ended: 0, failed: 0 },
};

const inputs = fc.record({
  hosts: fc.nat(5000),
  tier: fc.constantFrom(null, 0, 1, 2, 3),
  exposedHosts: fc.nat(10),
  exposureUnknownHosts: fc.nat(10),
  needsReboot: fc.boolean(),
  irreversible: fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
  past: fc
    .nat(20)
    .chain((ended) => fc.record({ ended: fc.constant(ended), failed: fc.nat(ended) })),
}) as fc.Arbitrary<RiskInput>;

describe("the risk of a change", () => {
  test("is nothing where nothing is at stake, and every point has its reason", () => {
    const score = scoreRisk(shipped.risk, harmless);
    expect(score).toMatchObject({ points: 0, level: "low" });
    expect(score.parts.every(({ because }) => because.length > 0)).toBe(true);
  });

  test("is high for a reboot without way back on the most critical exposed hosts", () => {
    const score = scoreRisk(shipped.risk, {
      ...harmless,
      ...{ hosts: 12, tier: 0, exposedHosts: 2, needsReboot: true, irreversible: ["mysql"] },
    });
    expect(score).toMatchObject({ points: 75, level: "high" });
    expect(score.parts.map(({ because }) => because).join("; ")).toContain(
      "there is no way back for mysql",
    );
  });

  test("weighs what is not known more than what is known to be harmless", () => {
    const unknown = { ...harmless, tier: null, exposureUnknownHosts: 1 };
    const points = scoreRisk(shipped.risk, unknown).points;
    expect(points).toBeGreaterThan(scoreRisk(shipped.risk, harmless).points);
  });

  test("is the sum of its parts, and grows with every fact that makes it worse", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const score = scoreRisk(shipped.risk, input);
        expect(score.parts.reduce((sum, part) => sum + part.points, 0)).toBe(score.points);
        for (const worse of [
          { ...input, needsReboot: true },
          { ...input, irreversible: ["x"] },
          { ...input, hosts: input.hosts + 1000 },
          { ...input, exposedHosts: input.exposedHosts + 1 },
          { ...input, tier: 0 as const },
          { ...input, past: { ...input.past, failed: input.past.ended } },
        ]) {
          expect(scoreRisk(shipped.risk, worse).points).toBeGreaterThanOrEqual(score.points);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("is never lowered by what people say", () => {
    for (const a of riskLevels) {
      for (const b of riskLevels) {
        const rank = (level: (typeof riskLevels)[number]) => riskLevels.indexOf(level);
        expect(rank(riskier(a, b))).toBe(Math.max(rank(a), rank(b)));
      }
    }
  });
});
