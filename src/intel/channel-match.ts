import type { StoredStatement } from "./dossier.ts";
import { channelMark, releaseOfChannel } from "./ecosystem-name.ts";
import { findingsForPackages, type Match, type MatchInput } from "./match.ts";

/**
 * Findings as hosts see them that may install from a channel beside their release (Ubuntu Pro,
 * extended support): each channel is asked alone, and what it changes is kept beside what every other
 * host sees. Which hosts may install from it is known by their marks, never guessed.
 */
export function channelMatches(input: MatchInput, own: readonly Match[]): readonly Match[] {
  const channels = new Set(
    input.statements.map((s) => s.ecosystem).filter((e) => releaseOfChannel(e) !== null),
  );
  if (channels.size === 0) return [];
  const byId = new Map(input.statements.map((s) => [s.id, s.ecosystem]));
  const open = new Set(own.map(keyOf));
  return [...channels].sort().flatMap((channel) => {
    const release = releaseOfChannel(channel);
    const packages = input.packages.filter((p) => p.ecosystem === release);
    const statements = aboutChannel(input.statements, channel);
    const { matches } = findingsForPackages({
      ...input,
      packages,
      statements,
      entitled: new Set([channel]),
    });
    return matches
      .filter((m) => m.state === "affected-fix-available" && byId.get(m.statementId) === channel)
      .filter((m) => open.has(keyOf(m)))
      .map((m) => ({ ...m, channel: channelMark(channel) }));
  });
}

function keyOf({ packageId, vulnerability }: Match): string {
  return `${packageId} ${vulnerability}`;
}

/** What the release says and what this channel adds; the other channels are asked by themselves. */
function aboutChannel(
  statements: readonly StoredStatement[],
  channel: string,
): readonly StoredStatement[] {
  return statements.filter(
    (s) => s.ecosystem === channel || releaseOfChannel(s.ecosystem) === null,
  );
}

/** Names under the release that packages are judged in, whatever channel a statement is about. */
export function ofReleases<N extends { readonly ecosystem: string }>(
  names: readonly N[],
): readonly N[] {
  return names.map((name) => ({
    ...name,
    ecosystem: releaseOfChannel(name.ecosystem) ?? name.ecosystem,
  }));
}
