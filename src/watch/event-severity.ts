import type { Told } from "./model.ts";

/** How loud an event is to those who are told of it. Pure. */
export type Severity = "error" | "warning" | "notice" | "info";

/** Events whose second word alone does not say it. */
const byType: Readonly<Record<string, Severity>> = {
  "rollout.halted": "error",
  "target.lost": "error",
  "calendar.removed": "notice",
  "target.skipped": "notice",
  "target.held": "warning",
  "revert.ordered": "warning",
};

const byParticiple: Readonly<Record<string, Severity>> = {
  ...Object.fromEntries(
    ["refused", "lost", "failed", "expired", "revoked", "vetoed"].map((word) => [word, "warning"]),
  ),
  ...Object.fromEntries(
    [
      ...["added", "removed", "applied", "approved", "started", "finished", "completed"],
      ...["requested", "ended", "enrolled", "exported", "given", "resumed", "withdrawn"],
    ].map((word) => [word, "notice"]),
  ),
};

export function severityOf(event: Pick<Told, "type" | "facts">): Severity {
  if (event.type === "target.judged" && event.facts["verdict"] !== "verified") return "warning";
  if (event.type === "gate.read" && event.facts["reading"] === "bad") return "warning";
  if (event.type === "target.reported" && hasTrouble(event.facts["states"])) return "warning";
  const participle = event.type.slice(event.type.indexOf(".") + 1);
  return byType[event.type] ?? byParticiple[participle] ?? "info";
}

/** A batch of results in which at least one host did not get where it should. */
function hasTrouble(states: unknown): boolean {
  const counts = Object.keys((states ?? {}) as Readonly<Record<string, number>>);
  return counts.some((state) => ["failed", "rolled-back", "held", "refused"].includes(state));
}
