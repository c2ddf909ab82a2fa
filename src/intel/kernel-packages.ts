import type { StoredPackage } from "../inventory/model.ts";
import { subjectOf } from "./subject.ts";

/**
 * Packages built from a kernel's source that hold no kernel. Headers of a distribution that judges by
 * source package never count. Programs built beside the kernel, and what rpm publishers name as
 * packages of their own, are set aside only where the kernel itself is in the same inventory and is
 * judged there: once per source is enough, and never is too little.
 */
export function isSetAside(packages: readonly StoredPackage[]): (p: StoredPackage) => boolean {
  const families = new Set(packages.map(kernelFamily).filter((family) => family !== null));
  return (p) => {
    const { source, role } = subjectOf(p);
    if (role === "kernel-support") return isHeader(p.name) || families.has(`deb ${source}`);
    const family = rpmSupportFamily(p);
    return family !== null && families.has(family);
  };
}

function isHeader(name: string): boolean {
  return /^(linux-libc-dev|linux-headers-|linux-doc|linux-source|linux-kbuild-|linux-image-amd64|linux-support-|linux-config-)/.test(
    name,
  );
}

/** Which kernel an image belongs to; null for anything else. */
function kernelFamily(p: StoredPackage): string | null {
  const { source, role } = subjectOf(p);
  if (role === "kernel-image") return `deb ${source}`;
  return /^(kernel(?:-[a-z0-9]+)*)-core$/.exec(p.name)?.[1] ?? null;
}

const RPM_SUPPORT =
  /^(kernel(?:-[a-z0-9]+)*?)-(?:headers|devel(?:-matched)?|doc|debuginfo.*|cross-headers)$/;

function rpmSupportFamily(p: StoredPackage): string | null {
  return RPM_SUPPORT.exec(p.name)?.[1] ?? null;
}
