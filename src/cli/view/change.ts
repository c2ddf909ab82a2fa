import { counted } from "../../base/counted.ts";
import { type Instant, instantToText } from "../../base/instant.ts";
import type { paths } from "../../client/schema.d.ts";
import type { SignedView } from "../../plan/signed-view.ts";
import { permitToText, revertToText } from "../../plan/statement.ts";
import { controlText } from "./change-control.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { clockText, whenText } from "./when.ts";

type Json<T> = T extends { responses: { 200: { content: { "application/json": infer R } } } }
  ? R
  : never;
type Change = Json<paths["/api/v1/changes/{change}"]["get"]>;
export type Readiness = Json<paths["/api/v1/changes/{change}/readiness"]["get"]>;
type Row = Json<paths["/api/v1/changes"]["get"]>["items"][number];

export function changeTable(rows: readonly Row[], now: Instant): string {
  if (rows.length === 0) return "No changes.";
  return renderTable(rows, [
    { head: "change", cell: (c) => c.number },
    { head: "title", cell: (c) => c.title },
    { head: "state", cell: (c) => c.state },
    { head: "risk", cell: (c) => c.level },
    { head: "approvals", cell: (c) => `${c.approvals} of ${c.need}` },
    { head: "hosts", cell: (c) => c.risk.hosts, align: "right" },
    { head: "plan", cell: (c) => c.plan.slice(0, 12) },
    { head: "until", cell: (c) => whenText(c.expiresAt, now) },
  ]);
}

export function changeText(
  change: Change,
  view: SignedView,
  context: {
    readonly names: ReadonlyMap<string, string>;
    readonly now: Instant;
    readonly readiness: Readiness;
  },
): string {
  const name = (subject: string): string => context.names.get(subject) ?? subject;
  const facts = renderFacts([
    ["change", `${change.number}  ${change.title}`],
    ["state", change.state],
    ["requested by", name(change.requester)],
    ["reason", change.reason],
    ["backout", change.backout],
    ["approvals", `${change.approvals} of ${change.need}`],
    ["valid until", `${clockText(change.expiresAt)} (${whenText(change.expiresAt, context.now)})`],
    ["closed because", change.closedReason],
  ]);
  const given = change.given.map(
    (a) => `  ${name(a.approver)} with ${a.keyClass} key ${a.keyFingerprint} at ${clockText(a.at)}`,
  );
  const weaker = change.weaker.map((w) => `  ${safeText(w.choice)}: ${safeText(w.givesUp)}`);
  const actions = change.actions
    .filter((action) => !action.allowed)
    .map((action) => `  ${action.verb}: not possible. ${safeText(action.reason)}`);
  return [
    facts,
    controlText(change.control),
    ...(given.length === 0 ? [] : ["Approved by", ...given]),
    ...strangerLines(context.readiness),
    "",
    signedText(view),
    ...(weaker.length === 0 ? [] : ["", "Weaker choices in this plan", ...weaker]),
    ...(actions.length === 0 ? [] : ["", "What you cannot do here", ...actions]),
  ].join("\n");
}

/** Who signed with a key that hosts do not know; nothing where all know all. */
export function strangerLines({ strangers }: Readiness): readonly string[] {
  return strangers.map(
    ({ handle, hosts, names }) =>
      `${counted(hosts, "host")} (${namesText(names, hosts)}) ${hosts === 1 ? "does" : "do"} not know this key of ${safeText(handle)}, so there the approval does not count until they have a policy that names it: fettle host enrol, or fettle policy host`,
  );
}

function namesText(names: readonly string[], all: number): string {
  const shown = names.map(safeText).join(", ");
  return all > names.length ? `${shown}, …` : shown;
}

/** A rule names no host: what is signed is how many there may be, and what they must have. */
function hostsSigned({ statement, hosts }: SignedView): string | number {
  if (statement?.hosts.kind !== "rule") return hosts;
  return `up to ${hosts}, also such as join later, with ${statement.hosts.labels.join(" ")}`;
}

/** Exactly what is signed, from the documents alone. */
export function signedText(view: SignedView): string {
  const { statement } = view;
  const head = renderFacts([
    ["signed digest", view.digest],
    ["hosts", hostsSigned(view)],
    ["without way back", view.hostsWithoutUndo === 0 ? null : `${view.hostsWithoutUndo} hosts`],
    ["permit", statement === null ? null : permitToText(statement.permit)],
    ["revert", statement === null ? null : revertToText(statement.revert)],
    ["attempts", statement?.attempts],
  ]);
  const moves = renderTable(view.moves, [
    { head: "does", cell: (m) => m.verb },
    { head: "package", cell: (m) => `${m.name}:${m.arch}` },
    { head: "from", cell: (m) => m.from },
    { head: "to", cell: (m) => m.to },
    { head: "hosts", cell: (m) => m.hosts, align: "right" },
    { head: "file sha-256", cell: (m) => m.sha256.slice(0, 16) },
  ]);
  const waves = renderTable(view.waves, [
    { head: "wave", cell: (w) => w.number, align: "right" },
    { head: "ring", cell: (w) => w.ring },
    { head: "hosts", cell: (w) => w.hosts, align: "right" },
    { head: "from", cell: (w) => clockText(instantToText(w.notBefore * 1000)) },
    { head: "to", cell: (w) => clockText(instantToText(w.notAfter * 1000)) },
  ]);
  const steps = [
    ...view.restarts.map((r) => `restart ${r.unit} on ${counted(r.hosts, "host")}`),
    ...view.probes.map((p) => `probe ${p.name} on ${counted(p.hosts, "host")}`),
    ...view.others.map((o) => `${o.step} on ${counted(o.hosts, "host")}`),
  ];
  return [
    "What is signed (recomputed here from the documents)",
    head,
    ...view.faults.map((fault) => `FAULT: ${safeText(fault)}`),
    moves,
    ...steps.map(safeText),
    waves,
  ].join("\n");
}
