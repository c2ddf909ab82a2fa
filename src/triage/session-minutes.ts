import { instantToText } from "../base/instant.ts";
import { tallyOf, tallyText, type WholeSession } from "./session.ts";

/**
 * The minutes: who said what and when, and what came of it, as one text. People stand in it by their
 * ids, because names may be taken out later and the digest of the text must not change with them.
 */
export function minutesOf(
  session: WholeSession,
  closing: { readonly by: string; readonly at: number; readonly summary: string } | null,
): string {
  const lines = [
    `fettle-triage-minutes 1`,
    `session T-${session.number}`,
    `title ${oneLine(session.title)}`,
    `started ${instantToText(session.startedAt)} ${session.startedBy}`,
    `list ${session.digest}`,
    `quorum ${session.quorum}`,
    ...session.participants.map(
      ({ subject, part, joinedAt }) => `present ${instantToText(joinedAt)} ${subject} ${part}`,
    ),
    ...session.items.flatMap((item) => itemLines(session, item)),
    ...session.notes.map(
      ({ at, subject, words }) => `said ${instantToText(at)} ${subject} ${oneLine(words)}`,
    ),
    ...(closing === null
      ? []
      : [`closed ${instantToText(closing.at)} ${closing.by} ${oneLine(closing.summary)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function itemLines(session: WholeSession, item: WholeSession["items"][number]): readonly string[] {
  const { ecosystem, source, sourceVersion, hosts, vulnerabilities } = item.item;
  const what = `${source} ${sourceVersion ?? "no update"} in ${ecosystem}`;
  return [
    `item ${item.place} ${what}, ${hosts} host(s), ${vulnerabilities.length} flaw(s)`,
    ...item.votes.map((vote) => {
      const where = vote.hosts === "" ? vote.scope : `${vote.scope} ${vote.hosts}`;
      return `  vote ${instantToText(vote.at)} ${vote.subject} ${vote.necessity}, ${where}: ${oneLine(vote.words)}`;
    }),
    `  result ${tallyText(tallyOf(item.votes, session.quorum))}`,
    ...(item.outcome === null
      ? ["  left open"]
      : [
          `  done ${instantToText(item.outcome.at)} ${item.outcome.by} ${item.outcome.doing} ${item.outcome.ref ?? "-"}: ${oneLine(item.outcome.words)}`,
        ]),
  ];
}

/** A line break inside words could look like a line of the minutes. */
function oneLine(words: string): string {
  return words.replace(/\s+/g, " ").trim();
}
