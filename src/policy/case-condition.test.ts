import { describe, expect, test } from "vitest";
import { noFacts, parseCondition } from "./case-condition.ts";

describe("a condition", () => {
  test.each(["0 % 0 < 5", "1 / 0 == 1", 'segments[0] == "retail"'])(
    "that has no answer for a case without facts is refused with its file: %s",
    (text) => {
      expect(() => parseCondition(text, "rule 1")).toThrow(
        /^In rule 1 the condition is not .* true or false for every case/,
      );
    },
  );

  test("that has no answer for some case does not hold there", () => {
    const { holds } = parseCondition('hosts > 0.0 && segments[1] == "retail"', "rule 1");
    expect(holds(noFacts)).toBe(false);
    expect(holds({ ...noFacts, hosts: 1, segments: ["retail"] })).toBe(false);
    expect(holds({ ...noFacts, hosts: 1, segments: ["clinic", "retail"] })).toBe(true);
  });
});
