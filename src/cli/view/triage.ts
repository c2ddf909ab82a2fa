import type { components } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";

/** Triage sessions on the terminal. */
type Session = components["schemas"]["TriageSession"];
type Names = ReadonlyMap<string, string>;

export function sessionTable(
  sessions: readonly Pick<Session, "ref" | "title" | "state" | "startedAt" | "quorum">[],
): string {
  if (sessions.length === 0) return 'No session yet. Begin one: fettle triage start "Monday"';
  return renderTable(sessions, [
    { head: "session", cell: (s) => s.ref },
    { head: "title", cell: (s) => s.title },
    { head: "state", cell: (s) => s.state },
    { head: "started", cell: (s) => s.startedAt.slice(0, 16).replace("T", " ") },
    { head: "quorum", cell: (s) => s.quorum, align: "right" },
  ]);
}

export function sessionText(session: Session, names: Names): string {
  const people = session.participants.map(
    ({ subject, part }) => `${names.get(subject) ?? subject} (${part})`,
  );
  const table = renderTable(session.items, [
    { head: "item", cell: (i) => i.place, align: "right" },
    { head: "source", cell: (i) => i.source },
    { head: "to", cell: (i) => i.sourceVersion },
    { head: "hosts", cell: (i) => i.hosts, align: "right" },
    { head: "flaws", cell: (i) => i.vulnerabilities.length, align: "right" },
    { head: "exploited", cell: (i) => i.knownExploited.length || "", align: "right" },
    { head: "votes", cell: (i) => i.tally.text },
    { head: "mine", cell: (i) => i.mine?.necessity },
    { head: "done", cell: (i) => outcomeText(i) },
  ]);
  return [
    `${session.ref}  ${session.title}  ${session.state}, list ${session.digest.slice(0, 12)}, quorum ${session.quorum}`,
    `present: ${people.join(", ")}`,
    table,
    ...(session.closed === null
      ? []
      : [`closed: ${session.closed.summary} (minutes ${session.closed.minutes.slice(0, 12)})`]),
  ].join("\n");
}

function outcomeText({ outcome }: Session["items"][number]): string {
  if (outcome === null) return "";
  return outcome.ref === null ? outcome.label : `${outcome.label} ${outcome.ref}`;
}

/** The minutes with handles for ids; the digest is over the text with ids. */
export function minutesText(session: Session, names: Names): string {
  const text = [...names].reduce((all, [id, name]) => all.replaceAll(id, name), session.minutes);
  const signed = session.closed === null ? "not signed off yet" : session.closed.minutes;
  return `${text}digest ${signed}`;
}
