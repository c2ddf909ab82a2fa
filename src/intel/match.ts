import type { Digest } from "../base/digest.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { releaseOfChannel } from "./ecosystem-name.ts";
import { judge, type Verdict } from "./judge.ts";
import type { Finding, FindingState, Statement } from "./model.ts";
import { statementsOfStream } from "./module-stream.ts";
import { forThisRelease, orderWithin } from "./release-order.ts";
import { type Subject, subjectOf } from "./subject.ts";
import type { VersionOrder } from "./versions/order.ts";

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
  /** Channels beside the releases (`Ubuntu:Pro:18.04:LTS`) that these hosts may install from. */
  readonly entitled?: ReadonlySet<string>;
  /** Which packages hold no kernel though their source is one; the default judges by name alone. */
  readonly isSetAside?: (p: StoredPackage) => boolean;
}

export interface Match extends Finding {
  readonly statementId: number;
  /** Every advisory that says the same as the one that decided. */
  readonly advisories: readonly string[];
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
  const index = indexOf(input.statements);
  const judged = new Map<string, readonly Decision[]>();
  const matches: Match[] = [];
  const subjects: JudgedSubject[] = [];
  for (const p of input.packages) {
    const subject = subjectOf(p);
    const about = statementsAbout(index, p, subject);
    const isNamed = about.ofSource.length + about.ofName.length > 0;
    subjects.push({ ...subject, packageId: p.id, isNamed });
    const isJudged = isNamed || about.channels.length > 0;
    if (!isJudged || subject.blindSpot !== null) continue;
    const isAside = input.isSetAside?.(p) ?? subject.role === "kernel-support";
    const key = [p.ecosystem, subject.source, subject.version, String(isAside), p.module];
    // The name matters only where statements speak of binaries.
    if (about.namesBinary) key.push(p.name, p.version);
    const cacheKey = key.join("\n");
    let decisions = judged.get(cacheKey);
    if (decisions === undefined) {
      decisions = decisionsOn({ p, subject, isAside, input }, about);
      judged.set(cacheKey, decisions);
    }
    for (const decision of decisions) matches.push(matchOf(p.id, decision));
  }
  return { matches, subjects };
}

interface Index {
  readonly bySource: ReadonlyMap<string, readonly StoredStatement[]>;
  readonly byName: ReadonlyMap<string, readonly StoredStatement[]>;
  /** Channels that statements speak of, by the release they belong to. */
  readonly channels: ReadonlyMap<string, readonly string[]>;
}

function indexOf(statements: readonly StoredStatement[]): Index {
  const keyOf = (s: StoredStatement): string => `${s.ecosystem}\n${s.packageName}`;
  const ecosystems = [...new Set(statements.map((s) => s.ecosystem))].sort();
  return {
    bySource: Map.groupBy(
      statements.filter((s) => s.matches === "source"),
      keyOf,
    ),
    byName: Map.groupBy(
      statements.filter((s) => s.matches === "binary"),
      keyOf,
    ),
    channels: Map.groupBy(
      ecosystems.filter((e) => releaseOfChannel(e) !== null),
      (e) => releaseOfChannel(e) ?? e,
    ),
  };
}

interface About {
  readonly ofSource: readonly StoredStatement[];
  readonly ofName: readonly StoredStatement[];
  readonly namesBinary: boolean;
  readonly channels: readonly ChannelStatements[];
}

interface ChannelStatements {
  readonly channel: string;
  readonly ofSource: readonly StoredStatement[];
  readonly ofName: readonly StoredStatement[];
}

function statementsAbout(index: Index, p: StoredPackage, subject: Subject): About {
  const within = (ecosystem: string) => ({
    ofSource: index.bySource.get(`${ecosystem}\n${subject.source}`) ?? [],
    ofName: index.byName.get(`${ecosystem}\n${p.name}`) ?? [],
  });
  const own = within(p.ecosystem);
  const channels = (index.channels.get(p.ecosystem) ?? [])
    .map((channel) => ({ channel, ...within(channel) }))
    .filter((c) => c.ofSource.length + c.ofName.length > 0);
  const namesBinary = [own, ...channels].some((each) => each.ofName.length > 0);
  return { ...own, namesBinary, channels };
}

interface Decision {
  readonly statement: StoredStatement;
  readonly installed: string;
  readonly verdict: Verdict;
  readonly advisories: readonly string[];
}

interface Question {
  readonly p: StoredPackage;
  readonly subject: Subject;
  readonly isAside: boolean;
  readonly input: MatchInput;
}

function decisionsOn(question: Question, about: About): readonly Decision[] {
  const { p, input } = question;
  const order = orderWithin(p.ecosystem);
  let decided = decide(verdictsOn(question, about, order), order);
  for (const channel of about.channels) {
    const entitled = input.entitled?.has(channel.channel) ?? false;
    const ofChannel = decide(verdictsOn(question, channel, order), order);
    decided = withChannel(decided, ofChannel, entitled);
  }
  return decided;
}

function verdictsOn(
  { p, subject, isAside, input }: Question,
  about: Pick<About, "ofSource" | "ofName">,
  order: VersionOrder | null,
): readonly Decision[] {
  const decisionOf = (statement: StoredStatement, installed: string): Decision => {
    const verdict = judge(statement, installed, order);
    const isOpen = keptStates.has(verdict.state);
    const overrule = isOpen ? overruleOf(statement, isAside, input.rejected) : null;
    const advisories = statement.advisory === "" ? [] : [statement.advisory];
    const judged =
      overrule === null
        ? verdict
        : ({ ...verdict, state: "not-affected", rule: overrule } as const);
    return { statement, installed, verdict: judged, advisories };
  };
  const isOfArch = ({ arches }: StoredStatement): boolean =>
    arches === undefined || p.arch === "" || p.arch === "noarch" || arches.includes(p.arch);
  const ofName = forThisRelease(p.version, about.ofName.filter(isOfArch));
  const { sure, unsure } = statementsOfStream(p, ofName);
  return [
    ...about.ofSource.filter(isOfArch).map((s) => decisionOf(s, subject.version)),
    ...sure.map((s) => decisionOf(s, p.version)),
    // A fix of another stream says nothing, so only what is past no stream's fix stays unknown.
    ...unsure.map((s) => decisionOf(s, p.version)).flatMap(unknownStream),
  ];
}

function unknownStream(decision: Decision): readonly Decision[] {
  const { verdict } = decision;
  if (verdict.state !== "affected-fix-available" && verdict.state !== "affected-no-fix") return [];
  return [
    { ...decision, verdict: { ...verdict, state: "unknown-coverage", rule: "unknown-stream" } },
  ];
}

function overruleOf(
  statement: StoredStatement,
  isAside: boolean,
  rejected: ReadonlySet<string>,
): "rejected" | "kernel-support" | null {
  if (rejected.has(statement.vulnerability)) return "rejected";
  return isAside ? "kernel-support" : null;
}

/**
 * What a channel adds to what its release says. A fix that is installed from it counts whoever may
 * install it; a fix that could be installed is a remedy for entitled hosts only, and otherwise told
 * beside a state that stays without a fix.
 */
function withChannel(
  own: readonly Decision[],
  ofChannel: readonly Decision[],
  isEntitled: boolean,
): readonly Decision[] {
  const byId = new Map(own.map((d) => [d.statement.vulnerability, d]));
  for (const decision of ofChannel) {
    const id = decision.statement.vulnerability;
    const added = channelDecision(byId.get(id), decision, isEntitled);
    if (added !== null) byId.set(id, added);
  }
  return [...byId.values()];
}

function channelDecision(
  own: Decision | undefined,
  channel: Decision,
  isEntitled: boolean,
): Decision | null {
  const { state } = channel.verdict;
  const isOpen = own === undefined || unfixedStates.has(own.verdict.state);
  if (state === "fixed")
    return isOpen || own?.verdict.state === "affected-fix-available" ? channel : null;
  if (!isOpen) return null;
  if (state !== "affected-fix-available") return own === undefined ? channel : null;
  if (isEntitled) return channel;
  const verdict = { ...channel.verdict, rule: "fixed-in-channel" as const };
  return {
    ...channel,
    verdict: { ...verdict, state: own === undefined ? "affected-no-fix" : own.verdict.state },
  };
}

const unfixedStates: ReadonlySet<FindingState> = new Set([
  "affected-no-fix",
  "fix-deferred",
  "will-not-fix",
  "end-of-life",
  "under-investigation",
  "unknown-coverage",
]);

/** One decision per vulnerability: by rank of the feed, then the worst state, then a fixed order. */
function decide(all: readonly Decision[], order: VersionOrder | null): readonly Decision[] {
  const best = new Map<string, Decision>();
  for (const decision of all) {
    const id = decision.statement.vulnerability;
    const other = best.get(id);
    if (other === undefined) best.set(id, decision);
    else best.set(id, joined(decision, other, order));
  }
  return [...best.values()];
}

/** The heavier of two, with the advisories of both where both say the same. */
function joined(a: Decision, b: Decision, order: VersionOrder | null): Decision {
  const winner = outweighs(a, b, order) ? a : b;
  if (a.verdict.state !== b.verdict.state) return winner;
  return { ...winner, advisories: [...new Set([...a.advisories, ...b.advisories])].sort() };
}

function outweighs(a: Decision, b: Decision, order: VersionOrder | null): boolean {
  const rank = feedRank(a.statement.feed) - feedRank(b.statement.feed);
  if (rank !== 0) return rank < 0;
  const badness = badnessOf[a.verdict.state] - badnessOf[b.verdict.state];
  if (badness !== 0) return badness > 0;
  const [left, right] = [a.verdict.fixedVersion, b.verdict.fixedVersion];
  // Mended twice: only the later fix mends it.
  const later = left === null || right === null ? 0 : (order?.(left, right) ?? 0);
  if (later !== 0) return later > 0;
  return a.statement.advisory < b.statement.advisory;
}

/**
 * Which source decides: the release's own tracker before its advisories, these before what ecosystems
 * collect, and that before version ranges of CVE records.
 */
export function feedRank(feed: string): number {
  const rank = ranks.findIndex((pattern) => pattern.test(feed));
  return rank < 0 ? ranks.length : rank;
}

/** The first that fits. */
const ranks: readonly RegExp[] = [
  /^(debian-tracker|ubuntu-tracker|csaf-|redhat-)/,
  /^(debian-(dsa|dla|dtsa)$|secdb-|suse-oval|oracle-oval|updateinfo)/,
  /^debian-cve-list$/,
  /^(osv-|rustsec$)/,
  /^debian-changelogs$/,
];

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

function matchOf(packageId: number, decision: Decision): Match {
  const { statement, installed, verdict, advisories } = decision;
  return {
    advisories,
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
