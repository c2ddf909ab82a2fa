import { z } from "zod";
import type { VulnerabilityText } from "./feed-format.ts";

/**
 * Scores of a vulnerability as they are kept: values in a fixed order, as the names of four fields in
 * each of hundreds of thousands of rows take more than some of the values. Rows that were written
 * before have the names, and are read alike.
 */
export type Scores = VulnerabilityText["cvss"];

const fields = {
  source: z.string(),
  version: z.string(),
  vector: z.string(),
  score: z.number(),
} as const;

export const storedScoresSchema = z.array(
  z.union([
    z
      .tuple([fields.source, fields.version, fields.vector, fields.score])
      .transform(([source, version, vector, score]) => ({ source, version, vector, score })),
    z.object(fields),
  ]),
);

export function storedScores(scores: Scores): string {
  return JSON.stringify(
    scores.map(({ source, version, vector, score }) => [source, version, vector, score]),
  );
}
