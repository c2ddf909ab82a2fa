import type { FeedReading, ProblemList, VexStatement } from "./feed-format.ts";

/** What a reader of VEX documents hands over; equal statements count once. */
export function vexReading(
  feed: string,
  statements: readonly VexStatement[],
  problems: ProblemList,
): FeedReading {
  const distinct = [...new Map(statements.map((s) => [JSON.stringify(s), s])).values()];
  const newest = distinct.reduce((max, { at }) => Math.max(max, at ?? 0), 0);
  return {
    feed,
    extent: "part",
    asOf: newest === 0 ? null : newest,
    label: "",
    isComplete: false,
    entryCount: distinct.length,
    content: { kind: "vex", statements: distinct },
    problems,
  };
}
