import type { WaysOfHost } from "./store-ways-in.ts";
import type { WayProof } from "./ways-in.ts";
import { type JudgedWay, judgeWays } from "./ways-in-words.ts";

/** The same over many hosts: one row for what means the same. Pure. */
export interface WaysRow extends Pick<JudgedWay, "kind" | "level" | "says" | "advice"> {
  readonly hosts: number;
  /** Some of them, as `host: what`. */
  readonly named: readonly string[];
}

const NAMED_MAX = 5;

export function summariseWays(hosts: readonly WaysOfHost[]): readonly WaysRow[] {
  const rows = new Map<string, WaysRow & { named: string[]; names: Set<string> }>();
  for (const host of hosts) {
    const unproven = unprovenRow(host.proof);
    const judged = [
      ...(unproven === null ? [] : [unproven]),
      ...(host.proof === "wrong" ? [] : judgeWays(host.found, host.way)),
    ];
    for (const { kind, level, says, advice, what } of judged) {
      const key = `${kind} ${level}`;
      const row = rows.get(key) ?? {
        ...{ kind, level, says, advice, hosts: 0 },
        ...{ named: [], names: new Set<string>() },
      };
      row.names.add(host.name);
      if (row.named.length < NAMED_MAX) {
        row.named.push(what === "" ? host.name : `${host.name}: ${what}`);
      }
      rows.set(key, row);
    }
  }
  const rank = { bad: 0, attention: 1, unknown: 2 } as const;
  return [...rows.values()]
    .map(({ names, ...row }) => ({ ...row, hosts: names.size }))
    .sort((a, b) => rank[a.level] - rank[b.level] || b.hosts - a.hosts);
}

/** A report that is nobody's word is told before anything that it says. */
function unprovenRow(proof: WayProof | null): JudgedWay | null {
  const row = (kind: string, level: JudgedWay["level"], says: string, advice: string) => ({
    ...{ kind, level, says, advice, what: "" },
  });
  switch (proof) {
    case "signed":
      return null;
    case null:
      return row("never", "unknown", "never said who else is root there", "fettle host scan NAME");
    case "unsigned":
      return row(
        "unsigned",
        "attention",
        "said it unsigned: the host is not enrolled",
        "Enrol it: fettle host enrol NAME",
      );
    case "wrong":
      return row(
        "wrong",
        "bad",
        "gave a report that its own key did not sign",
        "Compare the host's key and clock: fettle host status NAME",
      );
  }
}
