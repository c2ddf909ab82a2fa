import { expect, it } from "vitest";
import { regressionRisk } from "./regression-risk.ts";

it("calls a new revision of the same upstream version low", () => {
  expect(regressionRisk(["1:2.30.2-1+deb11u1"], "1:2.30.2-1+deb11u2").level).toBe("low");
});

it("calls a new upstream version medium and a new major version high", () => {
  expect(regressionRisk(["3.0.17-1~deb12u2"], "3.0.18-1~deb12u1").level).toBe("medium");
  expect(regressionRisk(["15.2-1", "14.9-1"], "15.3-1")).toEqual({
    level: "high",
    because: "new major upstream version 14.9 → 15.3",
  });
});
