import type { VexStatement } from "./feed-format.ts";
import type { ScanFinding } from "./scan-packages.ts";
import { isProduct, namesPart, type VexSubject } from "./vex-match.ts";

/**
 * What authors of VEX documents say, applied to findings. Nothing is dropped: a finding that is set
 * aside keeps standing with its new state and the author's reason. Of one author the latest statement
 * counts; where authors differ, the worse one. Statements that fit nothing are told, because a
 * statement that silently fits nothing looks like one that works.
 */
export interface VexTarget<F extends ScanFinding> {
  readonly finding: F;
  readonly subject: VexSubject;
}

export interface VexResult<F extends ScanFinding> {
  readonly findings: readonly F[];
  readonly appliedCount: number;
  readonly unmatched: readonly UnmatchedStatement[];
}

export interface UnmatchedStatement {
  readonly vulnerability: string;
  readonly products: readonly string[];
  readonly author: string;
  readonly document: string;
  readonly why: string;
}

export interface VexRules {
  /** Package URL of what was scanned as a whole (an image, an application), where known. */
  readonly product: VexSubject | null;
  /** Only these authors may set findings aside; null for whoever's files were given. */
  readonly authors: ReadonlySet<string> | null;
}

export function applyVex<F extends ScanFinding>(
  targets: readonly VexTarget<F>[],
  statements: readonly VexStatement[],
  rules: VexRules,
): VexResult<F> {
  const byId = new Map<string, VexStatement[]>();
  for (const statement of statements) {
    for (const id of new Set([statement.vulnerability, ...statement.aliases])) {
      const own = byId.get(id) ?? [];
      own.push(statement);
      byId.set(id, own);
    }
  }
  const used = new Set<VexStatement>();
  let appliedCount = 0;
  const findings = targets.map(({ finding, subject }) => {
    const ids = [finding.id, ...finding.advisories];
    const about = [...new Set(ids.flatMap((id) => byId.get(id) ?? []))];
    const fitting = about.filter((statement) => fits(statement, subject, rules));
    for (const statement of fitting) used.add(statement);
    const deciding = decidingOf(fitting.filter((s) => mayDecide(s, rules)));
    if (deciding === null) return finding;
    appliedCount++;
    return applied(finding, deciding);
  });
  const named = new Set(targets.flatMap(({ finding }) => [finding.id, ...finding.advisories]));
  const unmatched = statements
    .filter((statement) => !used.has(statement))
    .map((statement) => unmatchedOf(statement, named));
  return { findings, appliedCount, unmatched };
}

function mayDecide(statement: VexStatement, rules: VexRules): boolean {
  return rules.authors === null || rules.authors.has(statement.author);
}

/** Whether a statement is about this package, alone or as a part of what was looked at as a whole. */
export function fits(
  statement: Pick<VexStatement, "products" | "status">,
  subject: VexSubject,
  rules: Pick<VexRules, "product">,
): boolean {
  return statement.products.some((product) => {
    const isScanned = rules.product !== null && isProduct(product, rules.product);
    // With parts named, the statement is about these parts of that product, and no other's.
    if (product.parts.length > 0) return isScanned && namesPart(product.parts, subject);
    if (isScanned) return true;
    // Mended in some version says nothing about the one that is installed.
    if (statement.status === "fixed" && !namesVersion(product)) return false;
    return isProduct(product, subject);
  });
}

/** Whether it says of which version it speaks. */
export function namesVersion(product: VexStatement["products"][number]): boolean {
  return product.version !== "" || product.identifiers.some((id) => /^pkg:[^?#]+@/.test(id));
}

/** The latest of each author; of several authors the one that says the worse. */
function decidingOf(fitting: readonly VexStatement[]): VexStatement | null {
  const latest = new Map<string, VexStatement>();
  for (const statement of fitting) {
    const known = latest.get(statement.author);
    if (known === undefined || isAfter(statement, known)) latest.set(statement.author, statement);
  }
  const sorted = [...latest.values()].toSorted((a, b) => badness[b.status] - badness[a.status]);
  return sorted[0] ?? null;
}

function isAfter(a: VexStatement, b: VexStatement): boolean {
  if ((a.at ?? 0) !== (b.at ?? 0)) return (a.at ?? 0) > (b.at ?? 0);
  return badness[a.status] > badness[b.status];
}

const badness: Readonly<Record<VexStatement["status"], number>> = {
  affected: 3,
  "under-investigation": 2,
  fixed: 1,
  "not-affected": 0,
};

function applied<F extends ScanFinding>(finding: F, statement: VexStatement): F {
  const said = `VEX of ${statement.author || "an unnamed author"}${statement.document === "" ? "" : ` (${statement.document})`}`;
  const reason = statement.justification === "" ? "" : `: ${statement.justification}`;
  const words = `${said} says ${statement.status}${reason}.`;
  const why = finding.why.startsWith(words) ? finding.why : `${words} ${finding.why}`;
  if (statement.status === "affected") return { ...finding, why };
  const remedy = statement.status === "under-investigation" ? finding.remedy : null;
  return { ...finding, state: statement.status, remedy, why };
}

function unmatchedOf(statement: VexStatement, named: ReadonlySet<string>): UnmatchedStatement {
  const isKnown = [statement.vulnerability, ...statement.aliases].some((id) => named.has(id));
  const hasParts = statement.products.some((product) => product.parts.length > 0);
  const hasPurl = statement.products.some((p) => p.identifiers.some((id) => id.startsWith("pkg:")));
  const why = !isKnown
    ? "no finding has this vulnerability"
    : hasParts
      ? "it speaks of parts of another product; name what was scanned with --product"
      : hasPurl
        ? "its products are none of the packages found"
        : "its products have no package URL, so they cannot be compared";
  return {
    vulnerability: statement.vulnerability,
    products: statement.products.map((p) => p.identifiers[0] ?? p.name),
    author: statement.author,
    document: statement.document,
    why,
  };
}
