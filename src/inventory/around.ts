import { z } from "zod";

/**
 * What stands around a transaction on a host: which of its packages depend on what is changed, and
 * which of its configuration files somebody edited. Dependents follow from the package set, so they
 * are the same on every host that has it; edited files are those of the host that was asked.
 */
export const aroundSchema = z.object({
  dependents: z.array(
    z.object({
      /** A package that is changed. */
      name: z.string(),
      /** How many installed packages name it, or what it provides; the first of them by name. */
      count: z.number(),
      first: z.array(z.string()),
    }),
  ),
  /** All that depend on any of it, however far away. */
  reached: z.number(),
  conffiles: z.array(
    z.object({ name: z.string(), path: z.string(), state: z.enum(["changed", "missing"]) }),
  ),
});
export type Around = z.output<typeof aroundSchema>;
type Dependents = Around["dependents"][number];

const NAME = "[A-Za-z0-9][A-Za-z0-9@:._+-]{0,127}";
const COUNT = "0|[1-9][0-9]{0,8}";
const LINE = /^(around|dependents|dependent|reached|conffile) /;
const BEGIN = "around dpkg";
const TOTAL = new RegExp(`^dependents (${NAME}) (${COUNT})$`);
const ONE = new RegExp(`^dependent (${NAME}) (${NAME})$`);
const REACHED = new RegExp(`^reached (${COUNT})$`);
const CONFFILE = new RegExp(`^conffile (${NAME}) (/[A-Za-z0-9@:.+_/-]{1,500}) (changed|missing)$`);

export function isAroundLine(line: string): boolean {
  return LINE.test(line);
}

/** Null where the host says nothing of it: it has no dpkg, or an older program. */
export function parseAround(
  lines: readonly string[],
): { readonly kind: "read"; readonly around: Around | null } | { readonly kind: "bad" } {
  if (lines.length === 0) return { kind: "read", around: null };
  const dependents = new Map<string, Dependents>();
  const conffiles: Around["conffiles"] = [];
  let reached: number | null = null;
  for (const line of lines) {
    const total = TOTAL.exec(line);
    const one = ONE.exec(line);
    const file = CONFFILE.exec(line);
    const all = REACHED.exec(line)?.[1];
    if (total !== null) entryOf(dependents, total[1] ?? "").count = Number(total[2]);
    else if (one !== null) entryOf(dependents, one[1] ?? "").first.push(one[2] ?? "");
    else if (all !== undefined) reached = Number(all);
    else if (file !== null) conffiles.push(conffileFrom(file));
    else if (line !== BEGIN) return { kind: "bad" };
  }
  if (reached === null || !lines.includes(BEGIN)) return { kind: "bad" };
  const sorted = [...dependents.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { kind: "read", around: { dependents: sorted, reached, conffiles } };
}

function entryOf(entries: Map<string, Dependents>, name: string): Dependents {
  const found = entries.get(name) ?? { name, count: 0, first: [] };
  entries.set(name, found);
  return found;
}

function conffileFrom([, name = "", path = "", state]: readonly string[]) {
  return { name, path, state: state === "missing" ? ("missing" as const) : ("changed" as const) };
}
