import type { CpeName } from "../inventory/cpe-name.ts";
import type { BuiltCopy, NamedProduct } from "../inventory/formats/inventory-format.ts";
import type { Package, StoredPackage } from "../inventory/model.ts";
import type { DatedStatement } from "./file-knowledge.ts";
import { isSetAside, reportedOnKernel } from "./kernel-packages.ts";
import { languageRemedies } from "./language-remedy.ts";
import { type JudgedSubject, judgeAll, keptStates, type Match } from "./match.ts";
import type { FindingState } from "./model.ts";
import { isLanguage } from "./offer-family.ts";
import { rebuildFindings } from "./rebuild.ts";
import { type Offers, type Remedy, remedyFor, remedyText } from "./remedy.ts";
import { whyText } from "./scan-words.ts";
import { orderOf } from "./versions/order.ts";

/**
 * One machine (or bill of materials) against the statements of feed files, without server or store:
 * the same rules that judge a fleet, and the same answers. What is set aside with a reason stays
 * visible; what no feed speaks of is told beside the findings, because silence is not health.
 */
export interface ScanInput {
  readonly packages: readonly Package[];
  /** Code of other sources that some of the packages contain. */
  readonly built?: readonly BuiltCopy[];
  /** What some of the packages are by CPE name, and what else is there by such names. */
  readonly products?: readonly NamedProduct[];
  readonly platforms?: readonly CpeName[];
  readonly statements: readonly DatedStatement[];
  /** Withdrawn records: feed, advisory, when. */
  readonly withdrawn: readonly (readonly [feed: string, advisory: string, at: number])[];
  readonly rejected: ReadonlySet<string>;
  readonly disputed: ReadonlySet<string>;
  readonly offers: ReadonlyMap<string, Offers>;
  readonly entitled: ReadonlySet<string>;
  /** Ecosystems that some feed speaks of, with whether it speaks of all of their packages. */
  readonly covered: ReadonlyMap<string, { readonly isComplete: boolean }>;
}

export interface ScanFinding {
  readonly package: { readonly name: string; readonly version: string; readonly source: string };
  readonly id: string;
  readonly advisories: readonly string[];
  readonly state: ScanState;
  readonly fixed: string | null;
  readonly remedy: string | null;
  readonly why: string;
}

/** As printed; `affected` is what has a fix. */
export type ScanState = "affected" | Exclude<FindingState, "affected-fix-available">;

export interface JudgedFinding extends ScanFinding {
  readonly of: StoredPackage;
}

export interface CoverageNote {
  readonly ecosystem: string;
  readonly reason: "no-feed" | "no-version-order" | "excerpt" | "backport" | "foreign-origin";
  readonly packageCount: number;
}

export interface ScanReport {
  readonly findings: readonly JudgedFinding[];
  readonly notes: readonly CoverageNote[];
}

export function scanPackages(input: ScanInput): ScanReport {
  const own = judged(input);
  const gaps = new Map(input.packages.map((p, at) => [keyOf(p), own.gaps[at] ?? null]));
  const asked = (input.products ?? []).filter(({ of }) => isSilent(gaps.get(keyOf(of)) ?? null));
  const products = asked.map(({ product }) => product);
  const named = judged({ ...input, packages: products, built: [] });
  for (const [at, { of }] of asked.entries()) {
    if (named.gaps[at] === null) gaps.set(keyOf(of), null);
  }
  const weak = named.findings.map((finding) => {
    const p = asked[finding.of.id]?.of ?? finding.of;
    const shown = { name: p.name, version: p.version, source: p.source || p.name };
    return { ...finding, of: { ...p, id: finding.of.id }, package: shown };
  });
  return {
    findings: [...own.findings, ...weak].toSorted(byPackage),
    notes: notesOn(input.packages, (p) => gaps.get(keyOf(p)) ?? null),
  };
}

function keyOf({ ecosystem, name, version, arch, module }: Package): string {
  return [ecosystem, name, version, arch, module].join("\n");
}

/** Where no publisher speaks of a package, its CPE name may; a publisher's silence is an answer. */
function isSilent(gap: CoverageNote["reason"] | null): boolean {
  return gap === "no-feed" || gap === "no-version-order" || gap === "excerpt";
}

/** The findings, and why nothing is known of a package: one answer for each, in their order. */
function judged(input: ScanInput): {
  readonly findings: readonly JudgedFinding[];
  readonly gaps: readonly (CoverageNote["reason"] | null)[];
} {
  const packages = input.packages.map((p, id): StoredPackage => ({ ...p, id }));
  const statements = currentStatements(input);
  const { matches, subjects } = judgeAll({
    packages,
    statements: statements.map((s, id) => ({ ...s, id, generation: NO_GENERATION })),
    rejected: input.rejected,
    entitled: input.entitled,
    isSetAside: isSetAside(packages),
    ...(input.platforms === undefined ? {} : { platforms: input.platforms }),
  });
  const shown = matches.filter(
    (match) => keptStates.has(match.state) || match.because.rule === "kernel-support",
  );
  const isReported = reportedOnKernel(packages, shown);
  const remedyOf = remedies({ ...input, statements });
  const findings = shown.map((match) => {
    const p = packages[match.packageId] as StoredPackage;
    const once = isReported(p, match.vulnerability) ? setAside(match) : match;
    return findingOf(once, packages, { input, remedyOf });
  });
  const { built = [], offers } = input;
  const judge = (copies: readonly Package[]) =>
    judged({ ...input, packages: copies, built: [], offers: new Map() }).findings;
  findings.push(...rebuildFindings({ built, own: findings, offers, judge }));
  return { findings, gaps: packages.map((p, at) => gapOf(p, subjects[at], input)) };
}

function setAside(match: Match): Match {
  const because = { ...match.because, rule: "kernel-support" };
  return { ...match, state: "not-affected", because };
}

const NO_GENERATION = "" as StoredStatementGeneration;
type StoredStatementGeneration = Match["because"]["generation"];

/**
 * Of a record that several files hold, the newest copy speaks; a withdrawn one is silent. Feeds that
 * have no records of their own (a tracker) are compared entry by entry.
 */
function currentStatements(input: ScanInput): readonly DatedStatement[] {
  const newest = new Map<string, DatedStatement>();
  for (const s of input.statements) {
    const key = recordKey(s);
    const known = newest.get(key);
    if (known === undefined || isNewer(s, known)) newest.set(key, s);
  }
  const withdrawn = new Map(input.withdrawn.map(([feed, id, at]) => [`${feed}\n${id}`, at]));
  return input.statements.filter((s) => {
    const key = recordKey(s);
    const best = newest.get(key);
    if (best !== undefined && isNewer(best, s)) return false;
    return s.advisory === "" || (withdrawn.get(key) ?? -1) < s.modifiedAt;
  });
}

function recordKey(s: DatedStatement): string {
  if (s.advisory !== "") return `${s.feed}\n${s.advisory}`;
  return `${s.feed}\n\n${s.ecosystem}\n${s.packageName}\n${s.vulnerability}`;
}

/** The parts of one advisory may lie in several files, so there only its own date counts. */
function isNewer(a: DatedStatement, b: DatedStatement): boolean {
  if (a.modifiedAt !== b.modifiedAt) return a.modifiedAt > b.modifiedAt;
  return a.advisory === "" && a.fileAt > b.fileAt;
}

/** How to mend a package; what is said about each is looked up once. */
function remedies(input: ScanInput): (p: StoredPackage, fixed: string) => Remedy {
  const said = Map.groupBy(
    input.statements.filter((s) => isLanguage(s.ecosystem) && !input.rejected.has(s.vulnerability)),
    (s) => `${s.ecosystem}\n${s.packageName}`,
  );
  const known = new Map<number, (fixed: string) => Remedy>();
  return (p, fixed) => {
    const offers = input.offers.get(p.ecosystem) ?? NO_OFFERS;
    if (!isLanguage(p.ecosystem)) return remedyFor(p, fixed, offers);
    const listed = offers.byName.get(p.name)?.map((offer) => offer.version) ?? null;
    const statements = said.get(`${p.ecosystem}\n${p.name}`) ?? [];
    const own = known.get(p.id) ?? languageRemedies(p, { listed, statements });
    known.set(p.id, own);
    return own(fixed);
  };
}

function findingOf(
  match: Match,
  packages: readonly StoredPackage[],
  {
    input,
    remedyOf,
  }: { readonly input: ScanInput; readonly remedyOf: ReturnType<typeof remedies> },
): JudgedFinding {
  const p = packages[match.packageId] as StoredPackage;
  const isOpen = match.state === "affected-fix-available" && match.fixedVersion !== null;
  const isDisputed = input.disputed.has(match.vulnerability);
  return {
    of: p,
    package: { name: p.name, version: p.version, source: p.source || p.name },
    id: match.vulnerability,
    advisories: match.advisories,
    state: match.state === "affected-fix-available" ? "affected" : match.state,
    fixed: match.fixedVersion,
    remedy: isOpen ? remedyText(p, remedyOf(p, match.fixedVersion ?? "")) : null,
    why: whyText(match) + (isDisputed ? " The record is disputed." : ""),
  };
}

const NO_OFFERS: Offers = { byName: new Map(), isKnown: false };

function byPackage(a: JudgedFinding, b: JudgedFinding): number {
  const [left, right] = [`${a.package.name}\n${a.id}`, `${b.package.name}\n${b.id}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function notesOn(
  packages: readonly Package[],
  gapOf: (p: Package) => CoverageNote["reason"] | null,
): readonly CoverageNote[] {
  const counts = new Map<string, CoverageNote>();
  for (const p of packages) {
    const reason = gapOf(p);
    if (reason === null) continue;
    const key = `${p.ecosystem}\n${reason}`;
    const packageCount = (counts.get(key)?.packageCount ?? 0) + 1;
    counts.set(key, { ecosystem: p.ecosystem, reason, packageCount });
  }
  return [...counts.values()];
}

function gapOf(
  p: StoredPackage,
  subject: JudgedSubject | undefined,
  input: ScanInput,
): CoverageNote["reason"] | null {
  if (subject?.blindSpot != null) return subject.blindSpot;
  const covered = input.covered.get(p.ecosystem);
  if (covered === undefined) return "no-feed";
  if (orderOf(p.ecosystem) === null) return "no-version-order";
  return covered.isComplete || subject?.isNamed === true ? null : "excerpt";
}
