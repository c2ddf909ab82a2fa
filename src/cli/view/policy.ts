import { counted } from "../../base/counted.ts";
import type { components } from "../../client/schema.d.ts";
import { renderTable } from "./table.ts";

/** Policy files on the terminal: what decides, and what another text would decide otherwise. */
type File = components["schemas"]["PolicyFile"];
type Effect = components["schemas"]["PolicyEffect"];

export function policyTable(files: readonly File[]): string {
  return renderTable(files, [
    { head: "kind", cell: (f) => f.kind },
    { head: "name", cell: (f) => f.name },
    { head: "digest", cell: (f) => f.digest.slice(0, 12) },
    { head: "from", cell: (f) => f.origin },
    { head: "since", cell: (f) => f.since?.slice(0, 10) },
    { head: "problem", cell: (f) => f.problem },
  ]);
}

export function effectsText(plan: {
  readonly kind: string;
  readonly digest: string;
  readonly inForce: string;
  readonly isSame: boolean;
  readonly judgedCount: number;
  readonly effects: readonly Effect[];
}): string {
  if (plan.isSame) return `This is the ${plan.kind} policy that is in force; nothing would change.`;
  const head = `${plan.kind}: ${plan.digest.slice(0, 12)} instead of ${plan.inForce.slice(0, 12)}; ${counted(plan.judgedCount, "case")} judged, ${plan.effects.length} would change.`;
  if (plan.effects.length === 0) return head;
  const table = renderTable(plan.effects, [
    { head: "case", cell: (e) => e.ref },
    { head: "title", cell: (e) => e.title },
    { head: "what", cell: (e) => e.what },
    { head: "from", cell: (e) => e.from },
    { head: "to", cell: (e) => e.to },
    { head: "because", cell: (e) => e.because },
  ]);
  return `${head}\n${table}`;
}
