import { counted } from "../../base/counted.ts";
import type { Instant } from "../../base/instant.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { renderFacts, renderTable, safeText } from "./table.ts";
import { whenText } from "./when.ts";

type Revocation = components["schemas"]["Revocation"];
type Shown =
  paths["/api/v1/revocations/{revocation}"]["get"]["responses"][200]["content"]["application/json"];

function nameOf({ what, change, target }: Revocation): string {
  return what === "plan" ? `${change ?? ""} ${target.slice(0, 12)}`.trim() : target;
}

export function revocationLine(of: Revocation): string {
  const all = of.taken + of.refused + of.waiting;
  return `${nameOf(of)} is revoked by ${safeText(of.signer)} (${of.keyClass}); ${of.taken} of ${counted(all, "host")} took it.`;
}

export function revocationTable(items: readonly Revocation[], now: Instant): string {
  if (items.length === 0) return "Nothing was revoked.";
  return renderTable(items, [
    { head: "what", cell: nameOf },
    { head: "by", cell: (one) => safeText(one.signer) },
    { head: "when", cell: (one) => whenText(one.at, now) },
    { head: "taken", cell: (one) => String(one.taken), align: "right" },
    { head: "refused", cell: (one) => String(one.refused), align: "right" },
    { head: "waiting", cell: (one) => String(one.waiting), align: "right" },
    { head: "id", cell: (one) => one.id },
  ]);
}

export function toldText({ revocation, hosts }: Shown, now: Instant): string {
  const facts = renderFacts([
    ["revoked", nameOf(revocation)],
    ["by", `${revocation.signer} (${revocation.keyClass}) ${revocation.keyFingerprint}`],
    ["when", whenText(revocation.at, now)],
    ["reason", revocation.reason],
  ]);
  if (hosts.length === 0) return `${facts}\n\nNo host has to hear of it.`;
  const table = renderTable(hosts, [
    { head: "host", cell: (host) => safeText(host.host) },
    { head: "state", cell: (host) => host.outcome },
    { head: "asked", cell: (host) => whenText(host.triedAt, now) },
    {
      head: "again",
      cell: (host) => (host.nextAt === null ? "" : whenText(host.nextAt, now)),
    },
    { head: "why", cell: (host) => safeText(`${host.code ?? ""} ${host.why ?? ""}`.trim()) },
  ]);
  return `${facts}\n\n${table}`;
}
