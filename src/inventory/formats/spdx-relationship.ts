import type { ComponentScope } from "./inventory-format.ts";

/**
 * What a relationship of SPDX says about dependencies (2.3 clause 11.1, 3.0.1 RelationshipType): who
 * needs whom, and only for what. Relations that say nothing of it (copies, documents, licences) are
 * none.
 */
interface Relationship {
  readonly from: string;
  readonly type: string;
  readonly to: string;
  readonly phase?: string | undefined;
}

/** The left needs the right. */
const forward: ReadonlySet<string> = new Set([
  "CONTAINS",
  "DEPENDS_ON",
  "DYNAMIC_LINK",
  "HAS_PREREQUISITE",
  "STATIC_LINK",
  "contains",
  "dependsOn",
  "hasDynamicLink",
  "hasOptionalDependency",
  "hasPrerequisite",
  "hasProvidedDependency",
  "hasStaticLink",
]);

/** The right needs the left. */
const backward: ReadonlySet<string> = new Set([
  "BUILD_DEPENDENCY_OF",
  "CONTAINED_BY",
  "DEPENDENCY_OF",
  "DEV_DEPENDENCY_OF",
  "OPTIONAL_DEPENDENCY_OF",
  "PREREQUISITE_FOR",
  "PROVIDED_DEPENDENCY_OF",
  "RUNTIME_DEPENDENCY_OF",
  "TEST_DEPENDENCY_OF",
]);

/** Who needs whom; null where nothing is said of that. */
export function edgeOfRelationship(r: Relationship): readonly [from: string, to: string] | null {
  if (forward.has(r.type)) return [r.from, r.to];
  return backward.has(r.type) ? [r.to, r.from] : null;
}

export function scopeOfRelationship({ type, phase = "" }: Relationship): ComponentScope {
  if (/^(BUILD|DEV|TEST)_/.test(type) || /^(build|development|test)$/.test(phase)) {
    return "development";
  }
  return /optional/i.test(type) ? "optional" : "";
}
