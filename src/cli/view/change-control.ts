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
type DutyRow = Json<paths["/api/v1/change-duties"]["get"]>["items"][number];
type Measures = Json<paths["/api/v1/change-measures"]["get"]>;
type Delegation = components["schemas"]["Delegation"];

/** Risk with each point's reason, what the change waits for, and the board. */
export function controlText(control: Control): string {
  const { raised, board, points } = control;
  const facts = renderFacts([
    ["risk", points === null ? control.level : `${control.level} (${points} points)`],
    ["standard change", control.template?.name],
    ["raised", raised === null ? null : `to ${raised.to} by ${raised.by}: ${raised.reason}`],
    ["board", board.isAsked ? boardText(board) : null],
    ...ownershipFacts(control.ownership),
    ["closed as", control.afterwards.closure],
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
    ...signOffLines(control.signOffs),
    ...(control.heldUpBy.length === 0
      ? []
      : ["Waits for", ...control.heldUpBy.map((text) => `  ${safeText(text)}`)]),
    ...afterwardsLines(control.afterwards),
  ].join("\n");
}

function signOffLines(parts: Control["signOffs"]): readonly string[] {
  const lines = parts.map(({ text, before, given }) => {
    const said =
      given === null ? "missing" : `${given.by} at ${clockText(given.at)}: ${given.words}`;
    return `  before wave ${before}, ${safeText(text)}: ${safeText(said)}`;
  });
  return lines.length === 0 ? [] : ["Sign-offs", ...lines];
}

function ownershipFacts(of: Control["ownership"]): (readonly [string, string | null])[] {
  if (of === null) return [];
  const people = (names: readonly string[]) => (names.length === 0 ? null : names.join(", "));
  const escalated = of.escalated.map(({ to, at }) => `${to.join(", ")} at ${clockText(at)}`);
  return [
    ["decides", people(of.decides)],
    ["approves", people(of.approves)],
    ["carries out", people(of.executes)],
    ["is told", people(of.told)],
    ["escalated to", people(escalated)],
    ["next", of.next === null ? null : `${of.next.to.join(", ")} at ${clockText(of.next.at)}`],
  ];
}

function afterwardsLines({ duties, review }: Control["afterwards"]): readonly string[] {
  const owed = duties.map((duty) => {
    const state = duty.isOverdue ? "OVERDUE since" : "due";
    const done = duty.doneAt === null ? `${state} ${clockText(duty.dueAt)}` : `${duty.outcome}`;
    return `  ${duty.kind}: ${done}${duty.doneBy === null ? "" : ` by ${duty.doneBy}`}`;
  });
  const found =
    review === null
      ? []
      : [
          `  review by ${safeText(review.by)}: goal ${review.isGoalMet ? "met" : "missed"}, ${safeText(review.cause)}`,
          ...review.actions.map(
            (one) => `    ${one.due} ${safeText(one.owner)}: ${safeText(one.what)}`,
          ),
        ];
  return owed.length + found.length === 0 ? [] : ["Afterwards", ...owed, ...found];
}

export function dutyTable(rows: readonly DutyRow[], now: Instant): string {
  if (rows.length === 0) return "No emergency owes anything.";
  return renderTable(rows, [
    { head: "change", cell: (one) => one.change },
    { head: "title", cell: (one) => one.title },
    { head: "owes", cell: (one) => one.kind },
    { head: "due", cell: (one) => whenText(one.dueAt, now) },
    { head: "", cell: (one) => (one.isOverdue ? "OVERDUE" : "") },
  ]);
}

export function measuresText(of: Measures): string {
  if (of.ended === 0) return `No change ended in the last ${of.days} days.`;
  const share = (value: number | null) => (value === null ? "-" : `${(value * 100).toFixed(1)} %`);
  return renderFacts([
    ["ended", `${of.ended} in ${of.days} days`],
    ["successful", share(of.successful)],
    ["emergencies", share(of.emergency)],
    ["backed out", share(of.backedOut)],
    [
      "lead time",
      of.leadSeconds === null ? null : `${(of.leadSeconds / 3600).toFixed(1)} h on average`,
    ],
  ]);
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
