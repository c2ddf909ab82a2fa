import { Failure } from "../../../base/failure.ts";
import { instantFromText } from "../../../base/instant.ts";
import { type FeedFormat, type FeedReading, ProblemList } from "../../feed-format.ts";
import { linesOf } from "../../json-records.ts";

/**
 * FIRST's exploit prediction scores as CSV. A `#` line with model and date comes before the header;
 * scores of different models are not comparable, so the model is the label of what is loaded.
 */
export const epss: FeedFormat = {
  name: "epss",
  recognise: (head) => /^\s*(#[^\n]*\n)?cve,epss,percentile\r?(\n|$)/.test(head),
  begin() {
    let reading: FeedReading | null = null;
    return {
      add(document) {
        reading = readScores(document.text);
      },
      finish: () => (reading === null ? [] : [reading]),
    };
  },
};

const LINE = /^(CVE-\d{4}-\d{4,19}),([01](?:\.\d+)?(?:[eE]-\d+)?),([01](?:\.\d+)?(?:[eE]-\d+)?)$/;

function readScores(text: string): FeedReading {
  const problems = new ProblemList();
  // Columns, and where each id stands in them: a pair of numbers for each would be half of the work.
  const places = new Map<string, number>();
  const scores: number[] = [];
  const percentiles: number[] = [];
  let head = "";
  let number = 0;
  for (const line of linesOf(text)) {
    number++;
    if (line.startsWith("#")) head ||= line;
    if (line === "" || line.startsWith("#") || line.startsWith("cve,")) continue;
    const match = LINE.exec(line);
    const score = Number(match?.[2]);
    const percentile = Number(match?.[3]);
    if (match?.[1] === undefined || !(score <= 1 && percentile <= 1)) {
      problems.add(`line ${number}`, "is not an id with two numbers from 0 to 1");
      continue;
    }
    const place = places.get(match[1]) ?? scores.length;
    if (place === scores.length) places.set(match[1], place);
    scores[place] = score;
    percentiles[place] = percentile;
  }
  if (places.size === 0) {
    throw new Failure(
      "invalid",
      "The file looks like exploit prediction scores, but holds none. It was probably cut short; fetch it again.",
    );
  }
  return {
    feed: "epss",
    extent: "whole",
    asOf: instantFromText(/score_date:([^,\s]+)/.exec(head)?.[1] ?? ""),
    label: /model_version:([\w.-]{1,40})/.exec(head)?.[1] ?? "",
    isComplete: true,
    entryCount: places.size,
    content: {
      kind: "epss",
      scores: { ids: [...places.keys()], scores, percentiles },
    },
    problems,
  };
}
