import type { StoredPackage } from "../inventory/model.ts";
import { subjectOf } from "./subject.ts";

/**
 * Packages built from a kernel's source that hold no kernel. Headers of a distribution that judges by
 * source package never count, and its tools only where no kernel is in the same inventory to be judged
 * itself. Publishers of rpm name headers and debugging files as packages of their own: what is
 * reported on the kernel of the same family is not reported on them again.
 */
export function isSetAside(packages: readonly StoredPackage[]): (p: StoredPackage) => boolean {
  const images = new Set(
    packages.map(subjectOf).flatMap(({ source, role }) => (role === "kernel-image" ? source : [])),
  );
  return (p) => {
    const { source, role } = subjectOf(p);
    return role === "kernel-support" && (isHeader(p.name) || images.has(source));
  };
}

function isHeader(name: string): boolean {
  return /^linux-(libc-dev|headers-|doc|source|kbuild-|image-amd64|support-|config-)/.test(name);
}

/** For the headers and debugging files of an rpm kernel, whether its kernel has the same finding. */
export function reportedOnKernel(
  packages: readonly StoredPackage[],
  open: readonly { readonly packageId: number; readonly vulnerability: string }[],
): (p: StoredPackage, vulnerability: string) => boolean {
  const reported = new Set<string>();
  for (const { packageId, vulnerability } of open) {
    const family = imageFamily(packages[packageId]?.name ?? "");
    if (family !== null) reported.add(`${family}\n${vulnerability}`);
  }
  return (p, vulnerability) => {
    const family = SUPPORT.exec(p.name)?.[1];
    return family !== undefined && reported.has(`${family}\n${vulnerability}`);
  };
}

function imageFamily(name: string): string | null {
  return /^(kernel(?:-[a-z0-9]+)*?)(?:-core)?$/.exec(name)?.[1] ?? null;
}

const SUPPORT = /^(kernel(?:-[a-z0-9]+)*?)-(?:headers|doc|debuginfo.*|cross-headers)$/;
