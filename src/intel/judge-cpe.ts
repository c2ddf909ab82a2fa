import {
  type CpeFit,
  type CpeName,
  hasWildcard,
  parseCpe,
  valueFit,
} from "../inventory/cpe-name.ts";
import { fullVersion } from "../inventory/cpe-package.ts";
import type { MatchRule, Verdict } from "./match-rules.ts";
import type { CpeConfiguration, CpeMatch, CpeNode } from "./model.ts";
import { compareGeneric } from "./versions/generic.ts";
import { compareOpenssl } from "./versions/openssl.ts";
import type { VersionOrder } from "./versions/order.ts";

/**
 * A product that is only known by its CPE name against the configurations of a CVE's record. What the
 * name leaves open, versions without a common order and systems that nobody named are unknown, never
 * a match and never clean.
 */
export interface CpeSubject {
  readonly name: CpeName;
  /** What else is known to be there, to run on or beside. */
  readonly platforms: readonly CpeName[];
}

export function judgeCpe(configurations: readonly CpeConfiguration[], of: CpeSubject): Verdict {
  const judged = configurations.map((each) => fitOf(each, of));
  const fitting = judged.filter(({ fit }) => fit === "fits");
  // Of overlapping ranges the one whose end is named says how to mend it.
  const best = fitting.find(({ match }) => match?.before !== undefined) ?? fitting[0];
  if (best?.match !== undefined) return affected(best.match, of.name);
  const open = judged.find(({ fit }) => fit === "unknown");
  if (open !== undefined) return unknown(open, of.name);
  return {
    state: "not-affected",
    fixedVersion: null,
    rule: "cpe-outside",
    comparedWith: null,
    comparison: "not-compared",
  };
}

/** Whether a record may speak of the product at all: products of other makers have the same name. */
export function mayName(configurations: readonly CpeConfiguration[], name: CpeName): boolean {
  return configurations.some(({ nodes }) =>
    nodes.some(({ matches }) =>
      matches.some(({ cpe, isVulnerable }) => {
        const criterion = isVulnerable ? parseCpe(cpe) : null;
        return criterion !== null && productFit(criterion, name) !== "differs";
      }),
    ),
  );
}

interface Fitted {
  readonly fit: CpeFit;
  /** The match that is about the product itself; and what it has to run on, where that is open. */
  readonly match?: CpeMatch;
  readonly platform?: CpeMatch;
}

function fitOf(configuration: CpeConfiguration, of: CpeSubject): Fitted {
  const positive = configuration.nodes.filter((node) => node.isNegated === configuration.isNegated);
  const own = positive
    .flatMap(({ matches }) => matches.filter(({ isVulnerable }) => isVulnerable))
    .map((match) => ({ match, fit: matchFit(match, of.name) }));
  const found = own.find(({ fit }) => fit === "fits") ?? own.find(({ fit }) => fit === "unknown");
  if (found === undefined) return { fit: "differs" };
  const nodes = configuration.nodes.map((node) => nodeFit(node, of));
  const whole = flipped(joined(nodes, configuration.needsAll), configuration.isNegated);
  const fit = joined([found.fit, whole], true);
  if (found.fit !== "fits" || fit !== "unknown") return { fit, match: found.match };
  const all = configuration.nodes.flatMap(({ matches }) => matches);
  const platform = all.find((match) => presentFit(match, of) === "unknown");
  return { fit, match: found.match, ...(platform === undefined ? {} : { platform }) };
}

function nodeFit(node: CpeNode, of: CpeSubject): CpeFit {
  const fits = node.matches.map((match) => presentFit(match, of));
  return flipped(joined(fits, node.needsAll), node.isNegated);
}

/** Kleene's logic of three values. */
function joined(fits: readonly CpeFit[], needsAll: boolean): CpeFit {
  const decides: CpeFit = needsAll ? "differs" : "fits";
  if (fits.includes(decides)) return decides;
  if (fits.includes("unknown")) return "unknown";
  return needsAll && fits.length > 0 ? "fits" : "differs";
}

function flipped(fit: CpeFit, isNegated: boolean): CpeFit {
  if (!isNegated || fit === "unknown") return fit;
  return fit === "fits" ? "differs" : "fits";
}

/** Whether something of this name is there: what nobody named may be there nevertheless. */
function presentFit(match: CpeMatch, { name, platforms }: CpeSubject): CpeFit {
  const fits = [name, ...platforms].map((each) => matchFit(match, each));
  if (fits.includes("fits")) return "fits";
  if (fits.includes("unknown")) return "unknown";
  const criterion = parseCpe(match.cpe);
  if (criterion === null) return "unknown";
  const isNamed = [name, ...platforms].some((each) => productFit(criterion, each) === "fits");
  const isRuledOut = platforms.some((each) => areApart(criterion, each));
  return isNamed || isRuledOut ? "differs" : "unknown";
}

/** Makers of operating systems that run on no kernel of others: such a machine runs no other's. */
const ownKernels: ReadonlySet<string> = new Set([
  "apple",
  "freebsd",
  "microsoft",
  "netbsd",
  "openbsd",
]);

function areApart(a: CpeName, b: CpeName): boolean {
  if (a.part !== "o" || b.part !== "o" || a.vendor === b.vendor) return false;
  return ownKernels.has(a.vendor) || ownKernels.has(b.vendor);
}

function matchFit(match: CpeMatch, name: CpeName): CpeFit {
  const criterion = parseCpe(match.cpe);
  if (criterion === null) return "unknown";
  const product = productFit(criterion, name);
  if (product === "differs") return "differs";
  const rest = criterion.rest.map((value, at) => valueFit(value, name.rest[at] ?? "*"));
  return joined([product, versionFit(match, criterion, name), ...rest], true);
}

function productFit(criterion: CpeName, name: CpeName): CpeFit {
  const fits = [
    valueFit(criterion.part, name.part),
    valueFit(criterion.vendor, name.vendor),
    valueFit(criterion.product, name.product),
  ];
  return joined(fits, true);
}

function versionFit(match: CpeMatch, criterion: CpeName, name: CpeName): CpeFit {
  const own = isRange(match) ? rangeFit(match, name) : "fits";
  return joined([own, exactFit(criterion, name)], true);
}

function isRange({ from, after, upTo, before }: CpeMatch): boolean {
  return [from, after, upTo, before].some((version) => version !== undefined);
}

function rangeFit(match: CpeMatch, name: CpeName): CpeFit {
  if (isOpen(name.version)) return "unknown";
  const version = fullVersion(name);
  const order = orderOfProduct(name);
  const within = (end: string | undefined, isWithin: (sign: number) => boolean): CpeFit => {
    if (end === undefined) return "fits";
    const sign = order(version, end);
    if (sign === null) return "unknown";
    return isWithin(sign) ? "fits" : "differs";
  };
  const ends = [
    within(match.from, (sign) => sign >= 0),
    within(match.after, (sign) => sign > 0),
    within(match.upTo, (sign) => sign <= 0),
    within(match.before, (sign) => sign < 0),
  ];
  return joined(ends, true);
}

/** A name with a version and without an update means the release itself, and no update of it. */
function exactFit(criterion: CpeName, name: CpeName): CpeFit {
  if (isOpen(criterion.version) || isOpen(name.version) || hasWildcard(criterion.version)) {
    const update = isOpen(name.version) ? name.update : name.update === "*" ? "-" : name.update;
    const fits = [valueFit(criterion.version, name.version), valueFit(criterion.update, update)];
    return joined(fits, true);
  }
  const isAnyUpdate = criterion.update === "*";
  const version = fullVersion(name);
  const asked = fullVersion(criterion);
  const isSame = (own: string): boolean => own === asked || orderOfProduct(name)(own, asked) === 0;
  if (isSame(version)) return "fits";
  return isAnyUpdate && isSame(fullVersion({ ...name, update: "*" })) ? "fits" : "differs";
}

function isOpen(value: string): boolean {
  return value === "*" || value === "-";
}

/** CPE says of no product how its versions are ordered; the NVD writes patch levels as `p1`. */
function orderOfProduct({ vendor, product }: CpeName): VersionOrder {
  const generic: VersionOrder = (a, b) => compareGeneric(withPatch(a), withPatch(b));
  if (vendor !== "openssl" || product !== "openssl") return generic;
  return (a, b) => compareOpenssl(a, b) ?? generic(a, b);
}

function withPatch(version: string): string {
  return version.replaceAll(/(?<=\d)-?p(?=\d)/g, "-patch");
}

function affected(match: CpeMatch, name: CpeName): Verdict {
  const { before = null, upTo, from, after } = match;
  const criterion = parseCpe(match.cpe);
  const exact = criterion === null || isOpen(criterion.version) ? null : fullVersion(criterion);
  const comparedWith = before ?? upTo ?? exact ?? from ?? after ?? null;
  const sign = comparedWith === null ? null : orderOfProduct(name)(fullVersion(name), comparedWith);
  return {
    state: before === null ? "affected-no-fix" : "affected-fix-available",
    fixedVersion: before,
    rule: isRange(match) ? "cpe-range" : exact === null ? "cpe-every-version" : "cpe-version",
    comparedWith,
    comparison:
      comparedWith === null
        ? "not-compared"
        : ((["lower", "equal", "higher"] as const)[(sign ?? 0) + 1] ?? "equal"),
  };
}

function unknown({ match, platform }: Fitted, name: CpeName): Verdict {
  const open = { state: "unknown-coverage", fixedVersion: null } as const;
  const told = (rule: MatchRule, comparedWith: string | null): Verdict => ({
    ...open,
    rule,
    comparedWith,
    comparison: "not-compared",
  });
  if (platform !== undefined) return told("cpe-platform", platform.cpe);
  if (match === undefined || rangeFit(match, name) !== "unknown") {
    return told("cpe-open", match?.cpe ?? null);
  }
  const comparedWith = match.before ?? match.upTo ?? match.from ?? match.after ?? null;
  return { ...open, rule: "not-comparable", comparedWith, comparison: "not-comparable" };
}
