import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StoredStatement } from "../src/intel/dossier.ts";
import type { FeedDocument } from "../src/intel/feed-format.ts";
import { openIntake } from "../src/intel/ingest.ts";
import type { Statement } from "../src/intel/model.ts";
import { isPackagesIndex, readPackagesIndex } from "../src/intel/package-index.ts";
import { unpack } from "../src/intel/unpack.ts";
import { orderOf } from "../src/intel/versions/order.ts";
import { readDpkgStatus } from "../src/inventory/formats/dpkg-status.ts";
import type { StoredPackage } from "../src/inventory/model.ts";

/** Real feeds and real package versions, read from a folder of files told by content. */
export interface RealFeeds {
  readonly statements: readonly StoredStatement[];
  readonly rejected: ReadonlySet<string>;
  /** Every version of every package that the files name, by release. */
  readonly packages: ReadonlyMap<string, readonly NamedVersions[]>;
  readonly kilobytes: number;
}

/** One package of a release in all its versions, the oldest first. */
export interface NamedVersions {
  readonly name: string;
  readonly source: string;
  readonly versions: readonly StoredPackage[];
}

const DEBIAN = "Debian:12";
const RPM_RELEASES: ReadonlySet<string> = new Set(["AlmaLinux:8", "AlmaLinux:9"]);
const FOLDERS_DEB = "debian";
/** Versions of a source back from its newest, as its changelog lists them. */
const CHANGELOG_VERSIONS = 8;

export async function readRealFeeds(folder: string): Promise<RealFeeds> {
  const statements: StoredStatement[] = [];
  const rejected = new Set<string>();
  const built = new Map<string, StoredPackage>();
  const changelogs = new Map<string, readonly string[]>();
  let bytes = 0;
  for (const path of filesIn(folder)) {
    const file = readFileSync(path);
    bytes += file.length;
    const intake = openIntake();
    for (const document of await documentsOf(file)) {
      if (path.includes(`/${FOLDERS_DEB}/`)) takeDebian(built, changelogs, document.text);
      await intake.add(document);
    }
    for (const { content } of intake.finish()) {
      if (content.kind !== "advisories" && content.kind !== "records") continue;
      for (const text of content.texts) if (text.status === "rejected") rejected.add(text.id);
      if (content.kind !== "advisories") continue;
      for (const s of content.statements) {
        statements.push({ ...s, id: statements.length + 1, generation: "" });
        takeRpm(built, s);
      }
    }
  }
  addOlder(built, changelogs);
  return { statements, rejected, packages: versionsByName(built), kilobytes: bytes >> 10 };
}

async function documentsOf(file: Buffer) {
  const documents: FeedDocument[] = [];
  // Some files of the folder are damaged on purpose.
  const onDamaged = (): void => undefined;
  try {
    for await (const document of unpack(file, { onDamaged })) documents.push(document);
    return documents;
  } catch {
    return [];
  }
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

function takeDebian(
  built: Map<string, StoredPackage>,
  changelogs: Map<string, readonly string[]>,
  text: string,
): void {
  const head = text.slice(0, 4_000);
  if (isPackagesIndex(head)) {
    for (const offer of readPackagesIndex(text)) {
      keep(built, { ...offer, ecosystem: DEBIAN, origin: "", module: "" });
    }
  } else if (/^Package: [\s\S]*?^Status: /m.test(head)) {
    for (const p of readDpkgStatus(text, DEBIAN).packages) keep(built, p);
  } else {
    const first = /^([a-z0-9][a-z0-9+.-]+) \([^)]+\) [\w -]+; urgency=/.exec(head)?.[1];
    if (first === undefined) return;
    const versions = [...text.matchAll(/^[a-z0-9][a-z0-9+.-]+ \(([^)]+)\) /gm)].map(
      (m) => m[1] ?? "",
    );
    changelogs.set(first, versions.slice(0, CHANGELOG_VERSIONS));
  }
}

/** Versions that an advisory names as the fix are builds that the publisher made. */
function takeRpm(built: Map<string, StoredPackage>, s: Statement): void {
  if (!RPM_RELEASES.has(s.ecosystem) || s.streams !== undefined) return;
  const { state, packageName: name, ecosystem } = s;
  const fixed = state.kind === "fixed" ? [state.version] : [];
  const all = state.kind === "ranges" ? state.ranges.flatMap((range) => range.fixed ?? []) : fixed;
  for (const version of all) {
    const own = { name, version, source: name, sourceVersion: version };
    keep(built, { ...own, ecosystem, arch: "x86_64", origin: "", module: "" });
  }
}

function keep(built: Map<string, StoredPackage>, p: Omit<StoredPackage, "id">): void {
  const key = `${p.ecosystem}\n${p.name}\n${p.version}`;
  if (!built.has(key)) built.set(key, { ...p, id: built.size + 1 });
}

/** Binaries whose version is their source's were built at the source's earlier versions too. */
function addOlder(
  built: Map<string, StoredPackage>,
  changelogs: ReadonlyMap<string, readonly string[]>,
): void {
  for (const p of [...built.values()]) {
    if (p.ecosystem !== DEBIAN || p.version !== p.sourceVersion) continue;
    for (const version of changelogs.get(p.source) ?? []) {
      keep(built, { ...p, version, sourceVersion: version });
    }
  }
}

function versionsByName(
  built: ReadonlyMap<string, StoredPackage>,
): ReadonlyMap<string, readonly NamedVersions[]> {
  const byRelease = Map.groupBy(built.values(), (p) => p.ecosystem);
  return new Map(
    [...byRelease].map(([release, packages]) => {
      const byName = Map.groupBy(packages, (p) => p.name);
      const order = orderOf(release);
      const named = [...byName].map(([name, versions]) => ({
        name,
        source: versions[0]?.source ?? name,
        versions: versions.toSorted((a, b) => order?.(a.version, b.version) ?? 0),
      }));
      return [release, named];
    }),
  );
}
