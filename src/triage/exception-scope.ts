import type { HostId } from "../base/ids.ts";
import { type Labels, type Requirement, type Selector, selects } from "../base/labels.ts";
import type { ServiceId } from "../inventory/service.ts";

/** What an exception reaches: which vulnerabilities, in which package, on which hosts. */
export interface ExceptionScope {
  /** Frozen when it was asked for. */
  readonly vulnerabilities: readonly string[];
  /** Null for these vulnerabilities in whatever package they are. */
  readonly package: { readonly ecosystem: string; readonly source: string } | null;
  readonly hosts:
    | { readonly kind: "labels"; readonly selector: Selector }
    | { readonly kind: "named"; readonly ids: readonly HostId[] }
    /** What these services contain; nothing on any host. */
    | { readonly kind: "services"; readonly ids: readonly ServiceId[] };
}

export interface ScopedFinding {
  readonly vulnerability: string;
  readonly ecosystem: string;
  readonly source: string;
}

export function coversFinding(scope: ExceptionScope, finding: ScopedFinding): boolean {
  if (!scope.vulnerabilities.includes(finding.vulnerability)) return false;
  const named = scope.package;
  if (named === null) return true;
  return named.ecosystem === finding.ecosystem && named.source === finding.source;
}

export function coversHost(
  scope: ExceptionScope,
  host: { readonly id: HostId; readonly labels: Labels },
): boolean {
  switch (scope.hosts.kind) {
    case "named":
      return scope.hosts.ids.includes(host.id);
    case "labels":
      return selects(scope.hosts.selector, host.labels);
    case "services":
      return false;
  }
}

/** Only services that are named: an expression about hosts says nothing of what is built. */
export function coversService(scope: ExceptionScope, service: ServiceId): boolean {
  return scope.hosts.kind === "services" && scope.hosts.ids.includes(service);
}

/** Whether both can speak of one and the same vulnerability in one and the same package. */
export function sharesFindings(a: ExceptionScope, b: ExceptionScope): boolean {
  const isSamePackage =
    a.package === null ||
    b.package === null ||
    (a.package.ecosystem === b.package.ecosystem && a.package.source === b.package.source);
  const named = new Set(b.vulnerabilities);
  return isSamePackage && a.vulnerabilities.some((vulnerability) => named.has(vulnerability));
}

/**
 * True when whatever the narrow expression selects, today and with any labels of tomorrow, the wide
 * one selects too. Sound, not complete: a false says only that it cannot be seen from the words.
 */
export function isWithin(narrow: Selector, wide: Selector): boolean {
  return wide.every((wanted) => narrow.some((given) => implies(given, wanted)));
}

function implies(given: Requirement, wanted: Requirement): boolean {
  if (given.key !== wanted.key) return false;
  switch (wanted.op) {
    case "in":
      return given.op === "in" && given.values.every((value) => wanted.values.includes(value));
    case "exists":
      return given.op === "in" || given.op === "exists";
    case "absent":
      return given.op === "absent";
    case "not-in":
      return isKeptOut(given, wanted.values);
  }
}

function isKeptOut(given: Requirement, values: readonly string[]): boolean {
  switch (given.op) {
    case "in":
      return given.values.every((value) => !values.includes(value));
    case "not-in":
      return values.every((value) => given.values.includes(value));
    case "absent":
      return true;
    case "exists":
      return false;
  }
}
