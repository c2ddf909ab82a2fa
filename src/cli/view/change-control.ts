import type { Instant } from "../../base/instant.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeLines, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Control = components["schemas"]["ChangeControl"];
type Agenda = Json<paths["/api/v1/cab/agenda"]["get"]>;
type Minutes = Json<paths["/api/v1/cab/minutes"]["get"]>["items"][number];
type Delegation = components["schemas"]["Delegation"];

/** Risk with each point's reason, what the change waits for, and the board. */
export function controlText(control: Control): string {
  const { raised, board, points } = control;
  const facts = renderFacts([
    ["risk", points === null ? control.level : `${control.level} (${points} points)`],
    ["raised", raised === null ? null : `to ${raised.to} by ${raised.by}: ${raised.reason}`],
    ["board", board.isAsked ? boardText(board) : null],
  ]);
  const parts = control.parts.map(
    (part) => `  ${String(part.points).padStart(3)}  ${safeText(part.because)}`,
  );
  const votes = board.votes.map(
    (vote) => `  ${safeText(vote.member)}: ${vote.choice}, ${safeText(vote.reason)}`,
  );
  return [
    facts,
    ...parts,
    ...control.waived.map((text) => `  not asked: ${safeText(text)}`),
    ...(votes.length === 0 ? [] : ["Votes of the board", ...votes]),
    ...(control.heldUpBy.length === 0
      ? []
      : ["Waits for", ...control.heldUpBy.map((text) => `  ${safeText(text)}`)]),
  ].join("\n");
}

function boardText(board: Control["board"]): string {
  const { decision, tally } = board;
  if (decision !== null) {
    return `${decision.outcome} by ${decision.by}, ${decision.because}: ${decision.reason}`;
  }
  return tally === null ? "asked, and there is none" : `votes: ${tally.because}`;
}

export function agendaText(agenda: Agenda, now: Instant): string {
  const { meeting, problem, items } = agenda;
  const head =
    meeting === null
      ? safeText(problem)
      : `${safeText(meeting.name)} meets ${clockText(meeting.from)} (${whenText(meeting.from, now)}).`;
  if (items.length === 0) return `${head}\nNo change waits for it.`;
  return [head, ...items.flatMap((item) => itemLines(item, now))].join("\n");
}

function itemLines(item: Agenda["items"][number], now: Instant): readonly string[] {
  const { change } = item;
  const late = item.isTooLate ? ", before the board meets" : "";
  return [
    "",
    `${change.number}  ${safeText(change.title)}`,
    renderFacts([
      ["risk", `${change.level} (${item.points ?? "no"} points)`],
      [
        "because",
        item.parts
          .filter(({ points }) => points > 0)
          .map(({ because }) => because)
          .join("; "),
      ],
      [
        "impact",
        `${change.risk.hosts} hosts, restarts ${change.risk.restarts.join(", ") || "nothing"}`,
      ],
      ["conflicts", item.conflicts.join("; ") || "none"],
      ["test", item.proof],
      ["backout", change.backout],
      ["votes", item.tally],
      ["ends", `${whenText(change.expiresAt, now)}${late}`],
    ]),
  ];
}

export function minutesTable(items: readonly Minutes[]): string {
  if (items.length === 0) return "No minutes yet. Keep some: fettle cab minutes --keep";
  return items.map(({ text, digest }) => `${safeLines(text)}\nSHA-256 ${digest}`).join("\n\n");
}

export function delegationTable(items: readonly Delegation[], now: Instant): string {
  if (items.length === 0) return "Nobody signs in the place of somebody else.";
  return renderTable(items, [
    { head: "id", cell: (one) => one.id },
    { head: "of", cell: (one) => one.from },
    { head: "to", cell: (one) => one.to },
    { head: "from", cell: (one) => whenText(one.startsAt, now) },
    { head: "until", cell: (one) => whenText(one.endsAt, now) },
    { head: "reason", cell: (one) => one.reason },
  ]);
}
