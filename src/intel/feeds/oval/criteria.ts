import { childrenOf, type XmlElement } from "../../../base/xml-elements.ts";
import type { Statement } from "../../model.ts";
import { KSPLICE_STREAM } from "../../module-stream.ts";

/**
 * The tree of conditions of an OVAL definition, flattened: for each platform the packages whose
 * versions are judged. Conditions joined by AND hold for everything beside and below them, so a
 * platform, a module stream or an architecture that stands beside a group of packages belongs to all
 * of them; alternatives (OR) say nothing about each other. What is negated is no condition that a
 * statement can hold, so nothing is said of what stands below it (OVAL 5.11, CriteriaType).
 */
export interface PackageClaim {
  readonly platform: string;
  readonly name: string;
  readonly state: Statement["state"];
  readonly streams: readonly string[];
  readonly arches: readonly string[];
}

interface Surroundings {
  readonly platforms: readonly string[];
  readonly streams: readonly string[];
  readonly arches: readonly string[];
}

interface TestFacts {
  readonly name: string;
  readonly evr: string;
}

const DEPTH_MAX = 30;

export function platformsAndPackages(
  criteria: XmlElement,
  tests: ReadonlyMap<string, TestFacts>,
): readonly PackageClaim[] {
  const found: PackageClaim[] = [];
  walk(criteria, { platforms: [], streams: [], arches: [] }, 0);
  return found;

  function walk(element: XmlElement, around: Surroundings, depth: number): void {
    if (depth > DEPTH_MAX || isNegated(element)) return;
    const comments = isAlternative(element) ? [] : conditionsBeside(element);
    const own: Surroundings = {
      platforms: orElse(comments.flatMap(platformIn), around.platforms),
      streams: orElse(comments.flatMap(streamIn), around.streams),
      arches: orElse(comments.flatMap(archIn), around.arches),
    };
    for (const criterion of childrenOf(element, "criterion")) {
      const claim = isNegated(criterion) ? null : packageIn(criterion, tests);
      if (claim === null) continue;
      const { streams, arches } = own;
      for (const platform of own.platforms) found.push({ ...claim, platform, streams, arches });
    }
    for (const inner of childrenOf(element, "criteria")) walk(inner, own, depth + 1);
  }
}

/** Without an operator conditions are joined by AND. */
function isAlternative(element: XmlElement): boolean {
  return element.attributes["operator"] === "OR";
}

function isNegated(element: XmlElement): boolean {
  return /^(?:true|1)$/.test(element.attributes["negate"] ?? "");
}

/** Own conditions, and those of groups that hold nothing but platforms (one of them must be there). */
function conditionsBeside(element: XmlElement): readonly string[] {
  const own = childrenOf(element, "criterion")
    .filter((criterion) => !isNegated(criterion))
    .map(commentOf);
  const groups = childrenOf(element, "criteria").filter(
    (group) =>
      !isNegated(group) &&
      group.children.length > 0 &&
      group.children.every((child) => !isNegated(child) && platformIn(commentOf(child)).length > 0),
  );
  return [...own, ...groups.flatMap((group) => group.children.map(commentOf))];
}

function commentOf(element: XmlElement): string {
  return element.attributes["comment"] ?? "";
}

function orElse(own: readonly string[], others: readonly string[]): readonly string[] {
  return own.length > 0 ? own : others;
}

function platformIn(comment: string): string[] {
  const match =
    /^((?:SUSE|openSUSE|Oracle Linux|Red Hat|AlmaLinux|Rocky)[^,]*?) is installed$/.exec(comment);
  return match?.[1] === undefined ? [] : [match[1]];
}

function streamIn(comment: string): string[] {
  if (/^\S+ is ksplice-based$/.test(comment)) return [KSPLICE_STREAM];
  const match = /^Module ([\w.+-]+:[\w.+-]+) is enabled$/.exec(comment);
  return match?.[1] === undefined ? [] : [match[1]];
}

function archIn(comment: string): string[] {
  const match = /\barch is (\w+)$/.exec(comment);
  return match?.[1] === undefined ? [] : [match[1]];
}

function packageIn(
  criterion: XmlElement,
  tests: ReadonlyMap<string, TestFacts>,
): Pick<PackageClaim, "name" | "state"> | null {
  const comment = commentOf(criterion);
  const test = tests.get(criterion.attributes["test_ref"] ?? "");
  const [, name = "", word = ""] = /^(\S+) is (not affected|affected)$/.exec(comment) ?? [];
  if (word === "not affected") return { name, state: { kind: "never-affected" } };
  if (word === "affected") return { name, state: { kind: "open" } };
  const [, earlier, than] = /^(\S+) is earlier than (\S+)$/.exec(comment) ?? [];
  if (earlier !== undefined && than !== undefined) {
    return { name: earlier, state: { kind: "fixed", version: withoutZero(than) } };
  }
  const installed = /^(\S+)-([^-\s]+-[^-\s]+) is installed$/.exec(comment);
  if (installed?.[1] === undefined || installed[2] === undefined) return null;
  // The words lack the epoch, which the state has.
  const version = test !== undefined && test.evr !== "" ? test.evr : installed[2];
  return {
    name: test?.name || installed[1],
    state: { kind: "fixed", version: withoutZero(version) },
  };
}

function withoutZero(evr: string): string {
  return evr.replace(/^0:/, "");
}
