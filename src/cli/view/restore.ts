import { counted } from "../../base/counted.ts";
import type { Instant } from "../../base/instant.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { parseRestore } from "../../restore/statement.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { whenText } from "./when.ts";

type Restore = components["schemas"]["Restore"];
type Left = paths["/api/v1/restore/left"]["get"]["responses"][200]["content"]["application/json"];

const headText = ({ size, root }: { readonly size: number; readonly root: string }): string =>
  `${size} entries, root ${root.slice(0, 16)}…`;

export function restoreText(open: Restore | null, now: Instant): string {
  if (open === null) return "No restore is open: the database is as new as its log.";
  const replayed = Object.entries(open.replayed ?? {}).filter(([, count]) => count > 0);
  const facts = renderFacts([
    ["put back", `${headText(open.old)}; noticed ${whenText(open.openedAt, now)}`],
    ["newest head", `${headText(open.newest)}, from ${safeText(open.newestFrom)}`],
    ["log now", headText(open.now)],
    ...(open.problem === null
      ? []
      : ([["not replayed", safeText(open.problem)]] as [string, string][])),
    ...replayed.map(([what, count]): [string, string] => [what, String(count)]),
    [
      "held",
      `${counted(open.held, "rollout")}, until these have reported: ${counted(open.unknown, "host")}`,
    ],
    ...(open.witnessesAhead.length === 0
      ? []
      : ([["ahead of it", open.witnessesAhead.map(safeText).join(", ")]] as [string, string][])),
    ["signed", signersText(open)],
  ]);
  return `${facts}\n\n${nextText(open)}`;
}

function signersText({ signatures, need }: Restore): string {
  const names = signatures.map(
    (one) => `${safeText(one.signer)} (${one.keyClass})${one.counts ? "" : ", counts no more"}`,
  );
  const counted = signatures.filter((one) => one.counts).length;
  return `${counted} of ${need}${names.length === 0 ? "" : `: ${names.join(", ")}`}`;
}

function nextText({ now, newest, signatures, need }: Restore): string {
  if (now.size < newest.size) {
    return "Put the ledger folder back that has the missing entries, and start the server again (docs/restore.md).";
  }
  if (signatures.filter((one) => one.counts).length < need) {
    return "Look at what was not done again: fettle restore left. Then two approvers sign, each: fettle restore sign --key FILE";
  }
  return "Go on with: fettle restore finish";
}

export function leftText({ items, total }: Left, now: Instant): string {
  if (total === 0) return "Nothing is left to look at.";
  const table = renderTable(items, [
    { head: "entry", cell: (one) => String(one.index), align: "right" },
    { head: "when", cell: (one) => whenText(one.at, now) },
    { head: "about", cell: (one) => safeText(one.object), widthMax: 44 },
    { head: "what", cell: (one) => safeText(one.says), widthMax: 90 },
  ]);
  return `${table}\n${total} of them. None is in force now: do again by hand what is still wanted.`;
}

/** The text in words, and as it is signed. */
export function statementText(document: string): string {
  const parsed = parseRestore(document);
  if (!parsed.ok) return document;
  const { head, old, new: next } = parsed.value;
  const facts = renderFacts([
    ["put back", headText(old)],
    ["newest head", headText(head)],
    ["goes on from", headText(next)],
  ]);
  return `${facts}\n\n${document}`;
}
