import type { SubjectId } from "../base/ids.ts";
import { type Instant, instantToText } from "../base/instant.ts";
import type { Vote } from "./board-vote.ts";

/** Minutes of the advisory board as text (Markdown): what was decided, by whom, and why. */
export interface MinutesItem {
  readonly number: number;
  readonly title: string;
  readonly plan: string;
  readonly outcome: "approved" | "rejected";
  readonly because: string;
  readonly reason: string;
  readonly by: SubjectId;
  readonly at: Instant;
  readonly votes: readonly Vote[];
}

export function minutesText(of: {
  readonly at: Instant;
  readonly by: string;
  readonly present: readonly string[];
  readonly notes: string;
  readonly items: readonly MinutesItem[];
  readonly handleOf: (subject: SubjectId) => string;
}): string {
  const present = of.present.length === 0 ? "not noted" : of.present.join(", ");
  const notes = of.notes === "" ? [] : ["", oneLine(of.notes)];
  return [
    "# Minutes of the change advisory board",
    "",
    `Kept ${instantToText(of.at)} by ${of.by}. Present: ${present}.`,
    ...notes,
    ...(of.items.length === 0 ? ["", "Nothing was decided."] : []),
    ...of.items.flatMap((item) => itemLines(item, of.handleOf)),
    "",
  ].join("\n");
}

function itemLines(item: MinutesItem, handleOf: (subject: SubjectId) => string): string[] {
  const { outcome, because, reason, by, at } = item;
  return [
    "",
    `## C-${item.number} ${oneLine(item.title)}: ${outcome}`,
    "",
    `Plan ${item.plan}. Closed ${instantToText(at)} by ${handleOf(by)}: ${because}.`,
    `Reason: ${oneLine(reason)}`,
    "",
    ...item.votes.map(
      (vote) => `- ${handleOf(vote.person)}: ${vote.choice}. ${oneLine(vote.reason)}`,
    ),
  ];
}

/** A reason with lines of its own could look like another decision. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
