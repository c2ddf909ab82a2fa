import type { StoredPackage } from "../inventory/model.ts";
import { packageOfPurl } from "../inventory/purl-package.ts";
import type { VexProduct } from "./feed-format.ts";
import type { VexStatus } from "./filter.ts";
import { subjectOf } from "./subject.ts";
import { fits } from "./vex-apply.ts";
import { type Difference, differenceIn, differences, type VexSubject } from "./vex-match.ts";

/** Which statements of VEX documents are about which findings, and why others are about none. */
export interface KeptStatement {
  readonly id: number;
  /** Its vulnerability first, then what it calls the same. */
  readonly names: readonly string[];
  readonly status: VexStatus;
  readonly products: readonly VexProduct[];
  /** Package URL of what the hosts of the document are as a whole; "" where nobody said. */
  readonly product: string;
}

export interface FoundPair {
  readonly vulnerability: string;
  readonly advisory: string;
  readonly package: StoredPackage;
}

export interface VexMatch {
  readonly packageId: number;
  readonly vulnerability: string;
  readonly statementId: number;
}

export function matchStatements(
  pairs: readonly FoundPair[],
  statements: readonly KeptStatement[],
): readonly VexMatch[] {
  const byName = new Map<string, KeptStatement[]>();
  for (const statement of statements) {
    for (const name of new Set(statement.names)) {
      const own = byName.get(name) ?? [];
      own.push(statement);
      byName.set(name, own);
    }
  }
  const wholes = new Map<string, VexSubject | null>();
  return pairs.flatMap(({ vulnerability, advisory, package: p }) => {
    const about = new Set([...(byName.get(vulnerability) ?? []), ...(byName.get(advisory) ?? [])]);
    const subject = vexSubjectOf(p);
    return [...about]
      .filter((statement) => {
        const whole = wholes.get(statement.product) ?? wholeOf(statement.product);
        wholes.set(statement.product, whole);
        return fits(statement, subject, { product: whole });
      })
      .map((statement) => ({ packageId: p.id, vulnerability, statementId: statement.id }));
  });
}

export function vexSubjectOf(p: StoredPackage): VexSubject {
  const { source, version } = subjectOf(p);
  const { ecosystem, name, arch } = p;
  return { ecosystem, name, version: p.version, source, sourceVersion: version, arch };
}

/** A product without a version stands for every version of it. */
export function wholeOf(purl: string): VexSubject | null {
  if (purl === "") return null;
  const p = packageOfPurl(purl, null);
  return typeof p === "string" ? null : { ...p, source: p.source || p.name };
}

/** Names under which packages may be known that the statement's products speak of. */
export function namedIn(statement: Pick<KeptStatement, "products">): readonly string[] {
  const urls = statement.products.flatMap(({ identifiers, parts }) => [...identifiers, ...parts]);
  const names = urls.flatMap((url) => /^pkg:[^?#@]+\/([^/?#@]+)/.exec(url)?.[1] ?? []);
  return [...new Set(names.map((name) => decodeURIComponentSafely(name)))];
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Why a statement is about nothing that is here, with the package that comes nearest. */
export function whyUnmatched(
  statement: KeptStatement,
  candidates: readonly StoredPackage[],
): string {
  const { products } = statement;
  const hasParts = products.some(({ parts }) => parts.length > 0);
  if (hasParts && statement.product === "") {
    return "It speaks of parts of another product: name what these hosts are with --product, or hand in a bill whose own package URL is that product.";
  }
  const urls = products
    .flatMap(({ identifiers, parts }) => (parts.length > 0 ? parts : identifiers))
    .filter((id) => id.startsWith("pkg:"));
  if (urls.length === 0) return "Its products have no package URL, so they cannot be compared.";
  const misses = urls.flatMap((url) =>
    candidates.map((p) => ({ url, p, differs: differenceIn(url, vexSubjectOf(p)) })),
  );
  const hit = misses.find(({ differs }) => differs === null);
  if (hit !== undefined) {
    return `${hit.p.name} ${hit.p.version} is here, and no finding says that it has ${statement.names[0] ?? ""}.`;
  }
  const nearest = misses.toSorted((a, b) => nearness(b.differs) - nearness(a.differs))[0];
  if (nearest === undefined || nearness(nearest.differs) <= differences.indexOf("name")) {
    return "No package of that name is on any host or in any service.";
  }
  return `${missText[nearest.differs ?? "name"]}: it names ${nearest.url}, here is ${nearest.p.name} ${nearest.p.version} (${nearest.p.arch}) of ${nearest.p.ecosystem}.`;
}

function nearness(differs: Difference | null): number {
  return differs === null ? differences.length : differences.indexOf(differs);
}

const missText: Readonly<Record<Difference, string>> = {
  url: "The package URL cannot be read",
  type: "Another kind of package",
  name: "Another package",
  distro: "Another release (distro)",
  arch: "Another architecture",
  version: "Another version",
};
