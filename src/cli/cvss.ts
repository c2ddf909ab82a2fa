import type { Command } from "commander";
import { type CvssScores, scoreCvss } from "../intel/cvss.ts";
import { type Answer, answerWords, type OfflineCli } from "./lines.ts";

/** CVSS scores, recomputed from their vectors. */
export function registerCvss(program: Command, cli: OfflineCli): void {
  const cvss = program.command("cvss").description("Scores of CVSS 2.0, 3.0, 3.1 and 4.0 vectors");
  cvss
    .command("score [files...]")
    .description(
      "Vectors in, one a line; base, temporal (threat in 4.0) and environmental score out, with TABs between. Words that are no files are vectors",
    )
    .action(async (words: string[]) => {
      process.exitCode = await answerWords(cli, words, remembered(scored));
    });
}

/** Lists of vulnerabilities hold few vectors many times over. */
const REMEMBERED_MAX = 10_000;

function remembered(answer: (vector: string) => Answer): (vector: string) => Answer {
  const known = new Map<string, Answer>();
  return (vector) => {
    const found = known.get(vector);
    if (found !== undefined) return found;
    if (known.size >= REMEMBERED_MAX) known.clear();
    const made = answer(vector);
    known.set(vector, made);
    return made;
  };
}

function scored(vector: string): Answer {
  const { scores, problem } = scoreCvss(vector);
  if (scores === null) return { text: "?", json: { vector }, problem };
  const { base, temporal, environmental } = scores;
  const text = [base, temporal, environmental].map((score) => score.toFixed(1)).join("\t");
  return { text, json: { vector, ...named(scores) } };
}

/** What version 4 calls threat, the others call temporal. */
function named(scores: CvssScores): object {
  const { temporal, environmental, nomenclature } = scores;
  const { version, base, overall, severity, baseSeverity } = scores;
  const middle = nomenclature === null ? { temporal } : { threat: temporal };
  const name = nomenclature === null ? {} : { nomenclature };
  return { version, base, ...middle, environmental, overall, severity, baseSeverity, ...name };
}
