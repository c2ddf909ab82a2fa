import type { Digest } from "../base/digest.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { judge, type Verdict } from "./judge.ts";
import type { Finding, FindingState, Statement } from "./model.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { orderOf, type VersionOrder } from "./versions/order.ts";

/**
 * Matches distinct packages with statements, set-wise: packages with the same source and version are
 * judged once, so a source with thirty binaries costs one comparison per statement.
 *
 * Of several statements about one vulnerability the most specific source decides (Debian's tracker
 * knows the states that OSV's export loses); within one source the worst.
 */
export interface StoredStatement extends Statement {
  readonly id: number;
  /** The generation of its feed that said it last. */
  readonly generation: Digest;
}

export interface MatchInput {
  readonly packages: readonly StoredPackage[];
  readonly statements: readonly StoredStatement[];
  /** Ids whose record was rejected or withdrawn. */
  readonly rejected: ReadonlySet<string>;
}

export interface Match extends Finding {
  readonly statementId: number;
}

export interface MatchResult {
  readonly matches: readonly Match[];
  /** How each package was judged, the same order as the packages. */
  readonly subjects: readonly JudgedSubject[];
}

export interface JudgedSubject extends Subject {
  readonly packageId: number;
  /** True when a feed speaks of this package at all. */
  readonly isNamed: boolean;
}

/** States worth keeping a row for; the others follow from the statements at any time. */
export const keptStates: ReadonlySet<FindingState> = new Set([
  "affected-fix-available",
  "affected-no-fix",
  "fix-deferred",
  "will-not-fix",
  "end-of-life",
  "under-investigation",
  "unknown-coverage",
]);

/** The findings of the packages: only states of `keptStates`. */
export function findingsForPackages(input: MatchInput): MatchResult {
  const all = judgeAll(input);
  return { ...all, matches: all.matches.filter((match) => keptStates.has(match.state)) };
}

/** Every verdict, the good ones too: for explaining why a package is *not* affected. */
export function judgeAll(input: MatchInput): MatchResult {
  const bySource = Map.groupBy(
    input.statements.filter((s) => s.matches === "source"),
    (s) => `${s.ecosystem}\n${s.packageName}`,
  );
  const byName = Map.groupBy(
    input.statements.filter((s) => s.matches === "binary"),
    (s) => `${s.ecosystem}\n${s.packageName}`,
  );
  const judged = new Map<string, readonly Decision[]>();
  const matches: Match[] = [];
  const subjects: JudgedSubject[] = [];
  for (const p of input.packages) {
    const subject = subjectOf(p);
    const ofSource = bySource.get(`${p.ecosystem}\n${subject.source}`) ?? [];
    const ofName = byName.get(`${p.ecosystem}\n${p.name}`) ?? [];
    const isNamed = ofSource.length + ofName.length > 0;
    subjects.push({ ...subject, packageId: p.id, isNamed });
    if (!isNamed || subject.blindSpot !== null) continue;
    const key = [p.ecosystem, subject.source, subject.version, subject.role, p.name, p.version];
    // The name matters only where statements speak of binaries.
    const cacheKey = (ofName.length === 0 ? key.slice(0, 4) : key).join("\n");
    let decisions = judged.get(cacheKey);
    if (decisions === undefined) {
      const order = orderOf(p.ecosystem);
      decisions = decide([
        ...ofSource.map((s) => decisionOf(s, subject.version, subject, order, input.rejected)),
        ...ofName.map((s) => decisionOf(s, p.version, subject, order, input.rejected)),
      ]);
      judged.set(cacheKey, decisions);
    }
    for (const decision of decisions) matches.push(matchOf(p.id, decision));
  }
  return { matches, subjects };
}

interface Decision {
  readonly statement: StoredStatement;
  readonly installed: string;
  readonly verdict: Verdict;
}

function decisionOf(
  statement: StoredStatement,
  installed: string,
  subject: Subject,
  order: VersionOrder | null,
  rejected: ReadonlySet<string>,
): Decision {
  const verdict = judge(statement, installed, order);
  const overrule = rejected.has(statement.vulnerability)
    ? "rejected"
    : subject.role === "kernel-support"
      ? "kernel-support"
      : null;
  if (overrule === null) return { statement, installed, verdict };
  return { statement, installed, verdict: { ...verdict, state: "not-affected", rule: overrule } };
}

/** One decision per vulnerability: by rank of the feed, then the worst state, then a fixed order. */
function decide(all: readonly Decision[]): readonly Decision[] {
  const best = new Map<string, Decision>();
  for (const decision of all) {
    const other = best.get(decision.statement.vulnerability);
    if (other === undefined || outweighs(decision, other)) {
      best.set(decision.statement.vulnerability, decision);
    }
  }
  return [...best.values()];
}

function outweighs(a: Decision, b: Decision): boolean {
  const rank = rankOf(a.statement.feed) - rankOf(b.statement.feed);
  if (rank !== 0) return rank < 0;
  const badness = badnessOf[a.verdict.state] - badnessOf[b.verdict.state];
  if (badness !== 0) return badness > 0;
  return a.statement.advisory < b.statement.advisory;
}

function rankOf(feed: string): number {
  return feed === "debian-tracker" ? 0 : 1;
}

const badnessOf: Readonly<Record<FindingState, number>> = {
  "affected-fix-available": 8,
  "affected-no-fix": 7,
  "fix-deferred": 6,
  "will-not-fix": 5,
  "end-of-life": 4,
  "unknown-coverage": 3,
  "under-investigation": 2,
  fixed: 1,
  "not-affected": 0,
};

function matchOf(packageId: number, { statement, installed, verdict }: Decision): Match {
  return {
    vulnerability: statement.vulnerability,
    packageId,
    state: verdict.state,
    fixedVersion: verdict.fixedVersion,
    statementId: statement.id,
    because: {
      feed: statement.feed,
      generation: statement.generation,
      advisory: statement.advisory,
      rule: verdict.rule,
      packageName: statement.packageName,
      installed,
      comparedWith: verdict.comparedWith,
      comparison: verdict.comparison,
    },
  };
}
