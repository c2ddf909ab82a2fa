import { counted } from "../../base/counted.ts";
import type { Instant } from "../../base/instant.ts";
import type { components, paths } from "../../client/schema.d.ts";
import { safeText } from "./table.ts";
import { whenText } from "./when.ts";

/** Who else may become root on a host, or on all of them. */
type Ways = components["schemas"]["WaysIn"];
type AllWays = paths["/api/v1/ways-in"]["get"]["responses"]["200"]["content"]["application/json"];

const shapes = { bad: "✗ bad", attention: "◧ attention", unknown: "? unknown" } as const;
const proofs = {
  signed: "signed by the host's own key",
  unsigned: "not signed",
  wrong: "NOT the host's own word",
} as const;

export function waysText(
  ways: Ways,
  shown: { readonly now: Instant; readonly file: string | undefined },
): string {
  const { host, at, proof, problem, items } = ways;
  if (at === null || proof === null) {
    return `${host} never said who else is root there: its program is older, or it was not looked at since. fettle host scan ${host}`;
  }
  const why = problem === null ? "" : `: ${safeText(problem)}`;
  const head = `${host}, looked at ${whenText(at, shown.now)}, ${proofs[proof]}${why}.`;
  const rows = items.flatMap(({ level, says, what, advice }) => [
    `${shapes[level].padEnd(11)}  ${safeText(says)}: ${safeText(what)}`,
    `${" ".repeat(13)}→ ${safeText(advice)}`,
  ]);
  const end =
    items.length > 0
      ? `${counted(items.length, "second way")} in. Whoever has one of them needs no approval.`
      : proof === "wrong"
        ? "Nothing in it was believed."
        : "Nobody else was found who may become root there.";
  const { file } = shown;
  const written =
    file === undefined
      ? []
      : [`Signed text: ${file} and ${file}.sig (ssh-keygen -Y verify -n fettle-ways-v1)`];
  return [head, ...rows, "", end, ...written].join("\n");
}

export function allWaysText({ hosts, signed, items }: AllWays): string {
  if (hosts === 0) return "There is no host that Fettle may change.";
  const head = `Second ways into hosts: ${signed} of ${counted(hosts, "host")} said so under their own keys.`;
  const rows = items.flatMap(({ level, says, advice, named, hosts: count }) => [
    `${shapes[level].padEnd(11)}  ${counted(count, "host")}: ${safeText(says)} (${named.map(safeText).join("; ")}${named.length < count ? "; …" : ""})`,
    `${" ".repeat(13)}→ ${safeText(advice)}`,
  ]);
  return [head, ...(rows.length === 0 ? ["None was found."] : rows)].join("\n");
}
