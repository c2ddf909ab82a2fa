import { chainTo } from "../inventory/component-paths.ts";
import type { Artifact, SbomEntry } from "../inventory/service.ts";

/** How components got into the artifacts of a service, in words. */
export interface PlacedEntry {
  readonly artifact: Artifact;
  readonly entry: SbomEntry;
  readonly chain: readonly SbomEntry[];
}

type Stored = SbomEntry & { readonly sbomId: number };

/** Every entry of the artifacts with its chain; artifacts with the same content share it. */
export function placedEntries(
  artifacts: readonly Artifact[],
  entries: readonly Stored[],
): readonly PlacedEntry[] {
  const bySbom = Map.groupBy(entries, (entry) => entry.sbomId);
  return artifacts.flatMap((artifact) => {
    const own = bySbom.get(artifact.sbomId) ?? [];
    const rows = new Map(own.map((entry) => [entry.place, entry]));
    return own.map((entry) => ({ artifact, entry, chain: chainTo(rows, entry.place) }));
  });
}

/** `shop > express > qs`: what brought it in; in words where the document does not say. */
export function chainText({ artifact, entry, chain }: PlacedEntry): string {
  if (entry.depth === null) return "the document does not say how it got in";
  if (entry.depth === 0) return "what the document is about";
  const { subjectName } = artifact.sbom;
  const names = chain.map((one) => one.name);
  return [subjectName === "" ? "the project" : subjectName, ...names].join(" > ");
}
