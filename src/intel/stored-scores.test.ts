import { expect, it } from "vitest";
import { storedScores, storedScoresSchema } from "./stored-scores.ts";

const score = { source: "CISA-ADP", version: "3.1", vector: "CVSS:3.1/AV:N", score: 9.8 };

it("scores are read as they were kept, by this version and by those that named the fields", () => {
  expect(storedScoresSchema.parse(JSON.parse(storedScores([score, score])))).toEqual([
    score,
    score,
  ]);
  expect(storedScoresSchema.parse([score])).toEqual([score]);
  expect(storedScoresSchema.safeParse([["CISA-ADP", "3.1"]]).success).toBe(false);
});
