import type { SbomEntry } from "../inventory/service.ts";

/** What came into an artifact, what went, and what moved to another version. */
export interface SbomDiff {
  readonly came: readonly DiffEntry[];
  readonly went: readonly DiffEntry[];
  readonly changed: readonly ChangedEntry[];
}

export interface DiffEntry {
  readonly ecosystem: string;
  readonly name: string;
  readonly versions: readonly string[];
}

export interface ChangedEntry extends DiffEntry {
  readonly before: readonly string[];
}

type Entry = Pick<SbomEntry, "ecosystem" | "name" | "version">;

/** Entries are the same by ecosystem and name; one name may stand there in several versions. */
export function diffOf(before: readonly Entry[], after: readonly Entry[]): SbomDiff {
  const left = versionsByName(before);
  const right = versionsByName(after);
  const came: DiffEntry[] = [];
  const went: DiffEntry[] = [];
  const changed: ChangedEntry[] = [];
  for (const [key, entry] of right) {
    const old = left.get(key);
    if (old === undefined) came.push(entry);
    else if (old.versions.join("\n") !== entry.versions.join("\n")) {
      changed.push({ ...entry, before: old.versions });
    }
  }
  for (const [key, entry] of left) if (!right.has(key)) went.push(entry);
  return { came: byName(came), went: byName(went), changed: byName(changed) };
}

function versionsByName(entries: readonly Entry[]): ReadonlyMap<string, DiffEntry> {
  const groups = Map.groupBy(entries, ({ ecosystem, name }) => `${ecosystem}\n${name}`);
  return new Map(
    [...groups].map(([key, own]) => {
      const { ecosystem = "", name = "" } = own[0] ?? {};
      const versions = [...new Set(own.map((entry) => entry.version))].sort();
      return [key, { ecosystem, name, versions }];
    }),
  );
}

function byName<E extends DiffEntry>(entries: readonly E[]): readonly E[] {
  const key = (entry: E): string => `${entry.name}\n${entry.ecosystem}`;
  return entries.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
