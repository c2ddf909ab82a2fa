import { describe, expect, test } from "vitest";
import { aMove } from "../../test/builders/plan.ts";
import { compareDeb } from "../intel/versions/deb.ts";
import { compareRpm } from "../intel/versions/rpm.ts";
import { loweringProblem } from "./lowering.ts";

const up = { from: "1.2-1", to: "1.10-1" };

describe("a plan that brings a fix", () => {
  test("raises, installs and removes", () => {
    const moves = [
      aMove(up),
      aMove({ verb: "install", name: "libnew", from: "-" }),
      aMove({ verb: "remove", name: "libold", to: "-", sha256: "-" }),
    ];
    expect(loweringProblem(moves, compareDeb)).toBeNull();
    expect(loweringProblem(moves, compareRpm)).toBeNull();
    expect(loweringProblem([aMove({ from: "2.0", to: "2.0" })], compareDeb)).toBeNull();
  });

  test.each([
    ["what says so", { verb: "downgrade" as const, from: "1.10-1", to: "1.2-1" }],
    ["what says so and does not", { verb: "downgrade" as const, ...up }],
    ["what calls itself an upgrade", { from: "1.10-1", to: "1.2-1" }],
    ["a lower epoch", { from: "1:1.0-1", to: "9.0-1" }],
    ["what comes before its release", { from: "1.0-1", to: "1.0~rc1-1" }],
  ])("lowers nothing: %s", (_what, some) => {
    for (const order of [compareDeb, compareRpm]) {
      const problem = loweringProblem([aMove(up), aMove({ name: "zlib1g", ...some })], order);
      expect(problem).toContain(`it would lower zlib1g from ${some.from} to ${some.to}`);
    }
  });

  test("moves nothing whose versions have no order", () => {
    const odd = aMove({ from: "what ever" });
    expect(loweringProblem([odd], compareDeb)).toContain("have no order");
  });
});
