import type { CpeName } from "../inventory/cpe-name.ts";
import { cpeOf } from "../inventory/cpe-package.ts";
import type { StoredPackage } from "../inventory/model.ts";
import { verdictAt } from "./boundaries.ts";
import { type Decision, decide, type Judged, withChannel } from "./decide.ts";
import {
  type Dossier,
  dossierIndex,
  type Saying,
  type StoredStatement,
  type Topic,
  type Vulnerable,
} from "./dossier.ts";
import { judge } from "./judge.ts";
import { type CpeSubject, mayName } from "./judge-cpe.ts";
import type { Verdict } from "./match-rules.ts";
import type { Finding, FindingState } from "./model.ts";
import { isModuleBuild, statementsOfStream } from "./module-stream.ts";
import { type BuiltFor, builtFor, isOtherRelease, orderWithin } from "./release-order.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { orderOf, type VersionOrder } from "./versions/order.ts";

/**
 * Matches distinct packages with statements, set-wise: packages with the same source and version are
 * judged once, so a source with thirty binaries costs one comparison, and vulnerabilities about which
 * the same is said are decided together, so a kernel with thousands of them costs as little.
 *
 * Of several statements about one vulnerability the most specific source decides (Debian's tracker
 * knows the states that OSV's export loses); within one source the worst.
 */
export interface MatchInput {
  readonly packages: readonly StoredPackage[];
  readonly statements: readonly StoredStatement[];
  /** Ids whose record was rejected or withdrawn. */
  readonly rejected: ReadonlySet<string>;
  /** Channels beside the releases (`Ubuntu:Pro:18.04:LTS`) that these hosts may install from. */
  readonly entitled?: ReadonlySet<string>;
  /** Which packages hold no kernel though their source is one; the default judges by name alone. */
  readonly isSetAside?: (p: StoredPackage) => boolean;
  /** What else is known to be there, for records that say what a product has to run on. */
  readonly platforms?: readonly CpeName[];
}

export interface Match extends Finding {
  readonly statementId: number;
  /** Every advisory that says the same as the one that decided. */
  readonly advisories: readonly string[];
  /** Where it holds only for hosts that may install from a channel: its name. */
  readonly channel?: string;
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
  return matchesOf(input, keptStates);
}

/** Every verdict, the good ones too: for explaining why a package is *not* affected. */
export function judgeAll(input: MatchInput): MatchResult {
  return matchesOf(input, null);
}

function matchesOf(input: MatchInput, states: States): MatchResult {
  const { judged, subjects } = judgeDistinct(input, states);
  const byPackage = new Map<number, readonly Omit<Match, "packageId">[]>();
  for (const { packageIds, outcomes } of judged) {
    const matches = outcomes.flatMap(toldOf);
    for (const id of packageIds) byPackage.set(id, matches);
  }
  const matches: Match[] = [];
  for (const { id: packageId } of input.packages) {
    for (const match of byPackage.get(packageId) ?? []) matches.push({ ...match, packageId });
  }
  return { matches, subjects };
}

/** Packages that advisories cannot tell apart, with what is decided about all of them. */
export interface JudgedAlike {
  readonly packageIds: readonly number[];
  readonly outcomes: readonly Outcome[];
}

/** What is decided about all vulnerabilities of a topic. */
export interface Outcome extends Decision {
  readonly topic: Topic;
}

/** Outcomes worth having; null is all of them. */
type States = ReadonlySet<FindingState> | null;

/** Each source and version is judged once, however many packages and hosts have it. */
export function judgeDistinct(
  input: MatchInput,
  states: States,
): {
  readonly judged: readonly JudgedAlike[];
  /** How each package was judged, the same order as the packages. */
  readonly subjects: readonly JudgedSubject[];
} {
  const index = dossierIndex(input.statements, {
    ecosystems: new Set(input.packages.map((p) => p.ecosystem)),
    rejected: input.rejected,
  });
  const judged = new Map<string, { packageIds: number[]; outcomes: readonly Outcome[] }>();
  const subjects: JudgedSubject[] = [];
  for (const p of input.packages) {
    const subject = subjectOf(p);
    const dossier = index.of(p, subject.source);
    const cpe = cpeOf(p);
    const isNamed = dossier !== null && (cpe === null ? dossier.isNamed : names(dossier, cpe));
    subjects.push({ ...subject, packageId: p.id, isNamed });
    if (dossier === null || subject.blindSpot !== null) continue;
    const isAside = input.isSetAside?.(p) ?? subject.role === "kernel-support";
    const key = [p.ecosystem, subject.source, subject.version, String(isAside), p.module];
    if (dossier.ofName.length > 0) key.push(p.name, p.version);
    if (dossier.namesArch) key.push(p.arch);
    const cacheKey = key.join("\n");
    const alike = judged.get(cacheKey);
    if (alike !== undefined) {
      alike.packageIds.push(p.id);
      continue;
    }
    const product = cpe === null ? undefined : { name: cpe, platforms: input.platforms ?? [] };
    const question = { p, subject, isAside, entitled: input.entitled, product };
    const outcomes = outcomesOf(question, dossier, states);
    judged.set(cacheKey, { packageIds: [p.id], outcomes });
  }
  return { judged: [...judged.values()], subjects };
}

interface Question {
  readonly p: StoredPackage;
  readonly subject: Subject;
  readonly isAside: boolean;
  readonly entitled: ReadonlySet<string> | undefined;
  /** Of products that only a CPE name tells. */
  readonly product: CpeSubject | undefined;
}

/** Products of several makers have the same name, and so stand in one dossier. */
function names({ sayings }: Dossier, cpe: CpeName): boolean {
  return sayings.some(
    ({ said: { state } }) => state.kind === "cpe" && mayName(state.configurations, cpe),
  );
}

function outcomesOf(question: Question, dossier: Dossier, states: States): readonly Outcome[] {
  const order = orderWithin(question.p.ecosystem);
  const judgement = { question, verdicts: verdictsOf(question, dossier), order };
  const outcomes: Outcome[] = [];
  for (const topic of dossier.topics) {
    const outcome = outcomeOn(topic, judgement, states);
    if (outcome !== null) outcomes.push(outcome);
  }
  return outcomes;
}

/** What each thing said means for the package; null where it is not about it. */
type Verdicts = readonly (Verdict | null)[];

interface Judgement {
  readonly question: Question;
  readonly verdicts: Verdicts;
  readonly order: VersionOrder | null;
}

function verdictsOf(question: Question, dossier: Dossier): Verdicts {
  const { p, subject } = question;
  const verdicts = new Array<Verdict | null>(dossier.sayings.length).fill(null);
  const judgeBy = (sayings: readonly Saying[], installed: string): void => {
    if (sayings.length === 0) return;
    const of = judgeOf(question, installed, dossier);
    for (const saying of sayings) verdicts[saying.place] = of(saying);
  };
  const sayings = dossier.namesArch
    ? dossier.ofSource.filter((saying) => isOfArch(p, saying))
    : dossier.ofSource;
  judgeBy(sayings, subject.version);
  for (const named of dossier.ofName) {
    const sayings = dossier.namesArch ? named.filter((saying) => isOfArch(p, saying)) : named;
    const { sure, unsure } = ofModule(question, sayings, dossier);
    judgeBy([...sure, ...unsure], p.version);
    // A fix of another stream says nothing, so only what is past no stream's fix stays unknown.
    for (const { place } of unsure) verdicts[place] = unknownStream(verdicts[place] ?? null);
  }
  return verdicts;
}

/** Judges one installed version by whatever is said. */
function judgeOf(
  { p: { ecosystem }, product }: Question,
  installed: string,
  dossier: Dossier,
): (saying: Saying) => Verdict {
  const own = builtFor(installed);
  const [order, within] = [orderOf(ecosystem), orderWithin(ecosystem)];
  const place = dossier.placeOf(installed);
  return ({ said, boundary, namesReleases }) => {
    const mayDiffer = own !== null && isOneOther(own, namesReleases);
    if (boundary !== null) return mayDiffer ? boundary.unknown : verdictAt(boundary, place);
    return judge(said, installed, mayDiffer ? within : order, product);
  };
}

function isOfArch({ arch }: StoredPackage, { said: { arches } }: Saying): boolean {
  return arches === undefined || arch === "" || arch === "noarch" || arches.includes(arch);
}

function isOneOther(own: BuiltFor | null, releases: readonly BuiltFor[]): boolean {
  return own !== null && releases.some((each) => isOtherRelease(own, each));
}

/** What is said of the module that the build belongs to; a product by CPE name belongs to none. */
function ofModule(
  { p, product }: Question,
  sayings: readonly Saying[],
  { namesStream }: Dossier,
): ReturnType<typeof ofStream> {
  if (product !== undefined) return { sure: sayings, unsure: [] };
  return namesStream ? ofStream(p, sayings) : ofOrdinary(p, sayings);
}

function ofOrdinary(p: StoredPackage, sayings: readonly Saying[]): ReturnType<typeof ofStream> {
  const isModular = p.module !== "" || isModuleBuild(p.version);
  return { sure: isModular ? [] : sayings, unsure: [] };
}

/** Builds for another release tell nothing about streams, unless there are no others. */
function ofStream(
  p: StoredPackage,
  sayings: readonly Saying[],
): { readonly sure: readonly Saying[]; readonly unsure: readonly Saying[] } {
  const built = builtFor(p.version);
  const other = sayings.filter((saying) => isOneOther(built, saying.builtFor));
  const own = other.length === 0 ? sayings : sayings.filter((saying) => !other.includes(saying));
  const parts = [own, other].map((part) => {
    const bySaid = new Map(part.map((saying) => [saying.said, saying]));
    const { sure, unsure } = statementsOfStream(p, [...bySaid.keys()]);
    const back = (all: readonly StoredStatement[]): readonly Saying[] =>
      all.flatMap((said) => bySaid.get(said) ?? []);
    return { sure: back(sure), unsure: back(unsure) };
  });
  return { sure: parts.flatMap((x) => x.sure), unsure: parts.flatMap((x) => x.unsure) };
}

function unknownStream(verdict: Verdict | null): Verdict | null {
  const state = verdict?.state;
  if (verdict === null || (state !== "affected-fix-available" && state !== "affected-no-fix")) {
    return null;
  }
  return { ...verdict, state: "unknown-coverage", rule: "unknown-stream" };
}

function outcomeOn(topic: Topic, judgement: Judgement, states: States): Outcome | null {
  const { sayings } = topic;
  const [first] = sayings;
  const { question, verdicts } = judgement;
  if (sayings.length === 1 && first?.channel === null) {
    const verdict = overruled(verdicts[first.place] ?? null, topic, question);
    if (verdict === null || states?.has(verdict.state) === false) return null;
    const installed = installedFor(first, question);
    return { installed, verdict, winners: sayings, alike: sayings, topic };
  }
  const isWanted = states === null || sayings.some(({ place }) => isOf(states, verdicts[place]));
  const decision = isWanted ? decisionOn(topic, judgement) : null;
  if (decision === null || states?.has(decision.verdict.state) === false) return null;
  const { installed, verdict, winners, alike } = decision;
  return { installed, verdict, winners, alike, topic };
}

/** Deciding makes no state worth having of others that are not. */
function isOf(states: ReadonlySet<FindingState>, verdict: Verdict | null | undefined): boolean {
  return verdict != null && states.has(verdict.state);
}

function installedFor({ said }: Saying, { p, subject }: Question): string {
  return said.matches === "binary" ? p.version : subject.version;
}

/** What one thing said means, for deciding between several. */
interface Answer extends Judged {
  /** True when it was built for another release than the package. */
  readonly isOther: boolean;
}

function decisionOn(topic: Topic, { question, verdicts, order }: Judgement): Decision | null {
  const own = builtFor(question.p.version);
  const judged = topic.sayings.flatMap((saying): readonly Answer[] => {
    const verdict = overruled(verdicts[saying.place] ?? null, topic, question);
    if (verdict === null) return [];
    const isOther = saying.said.matches === "binary" && isOneOther(own, saying.builtFor);
    return [{ saying, installed: installedFor(saying, question), verdict, isOther }];
  });
  const within = (channel: string | null): Decision | null => {
    const all = judged.filter((answer) => answer.saying.channel === channel);
    // Where one is for the release that the build was made for, the others are not asked.
    const own = all.filter((answer) => !answer.isOther);
    return decide(own.length === 0 ? all : own, order);
  };
  let decided = within(null);
  for (const channel of channelsOf(judged)) {
    const isEntitled = question.entitled?.has(channel) ?? false;
    decided = withChannel(decided, within(channel), isEntitled);
  }
  return decided;
}

/** A record that was withdrawn, and code that holds no kernel, leave nobody exposed. */
function overruled(verdict: Verdict | null, topic: Topic, { isAside }: Question): Verdict | null {
  if (verdict === null || (!topic.isRejected && !isAside)) return verdict;
  if (!keptStates.has(verdict.state)) return verdict;
  return {
    ...verdict,
    state: "not-affected",
    rule: topic.isRejected ? "rejected" : "kernel-support",
  };
}

function channelsOf(judged: readonly Judged[]): readonly string[] {
  const channels = judged.flatMap(({ saying }) => saying.channel ?? []);
  return channels.length < 2 ? channels : [...new Set(channels)].sort();
}

/** An outcome as one match for each vulnerability of its topic, with the statement that decided. */
function toldOf(outcome: Outcome): readonly Omit<Match, "packageId">[] {
  return outcome.topic.vulnerabilities.flatMap((vulnerable) => told(outcome, vulnerable) ?? []);
}

function told(outcome: Outcome, { id, statements }: Vulnerable): Omit<Match, "packageId"> | null {
  const { verdict, installed } = outcome;
  const statement = decidingStatement(outcome, statements);
  if (statement === null) return null;
  const agreeing = statements.filter(({ saying }) => outcome.alike.includes(saying));
  const advisories = new Set(agreeing.map((said) => said.statement.advisory));
  advisories.delete("");
  return {
    advisories: [...advisories].sort(),
    vulnerability: id,
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

/** Of statements that weigh the same, the one whose advisory comes first. */
export function decidingStatement(
  { winners }: Outcome,
  statements: Vulnerable["statements"],
): StoredStatement | null {
  let best: StoredStatement | null = null;
  for (const { statement, saying } of statements) {
    if (!winners.includes(saying)) continue;
    if (best === null || statement.advisory < best.advisory) best = statement;
  }
  return best;
}
