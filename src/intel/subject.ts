import type { Package } from "../inventory/model.ts";
import { ecosystemBase } from "./versions/order.ts";

/**
 * What a package is judged as: the source package and source version that advisories speak of.
 *
 * Debian's archive signs some packages in a second build whose source has another name and whose
 * version writes `+` for `-` (linux-signed-amd64 6.1.172+1 is linux 6.1.172-1). A rebuild without a
 * source change adds `+bN` to the binary version; it is stripped only where no source version is
 * given, because a source version may end like that too. `linux-6.12` is a source of its own.
 */
export interface Subject {
  readonly source: string;
  readonly version: string;
  /** What part of the system runs this code; decides exposure on a host. */
  readonly role: PackageRole;
  /** Why the version says nothing about the release's fixes; null when it does. */
  readonly blindSpot: "backport" | "foreign-origin" | null;
}

/** Of a kernel only the image that is running is exposed; its headers and documents never run. */
export type PackageRole = "ordinary" | "kernel-image" | "kernel-support";

export function subjectOf(p: Package): Subject {
  const base = ecosystemBase(p.ecosystem);
  if (base !== "Debian" && base !== "Ubuntu") {
    return { source: p.source || p.name, version: p.version, role: "ordinary", blindSpot: null };
  }
  const hasOwnVersion = p.sourceVersion !== "" && p.sourceVersion !== p.version;
  const version = hasOwnVersion ? p.sourceVersion : p.version.replace(/\+b\d+$/, "");
  const signed = unsignedOf(p, version);
  return {
    ...signed,
    role: roleOf(p.name, signed.source),
    blindSpot: blindSpotOf(p, base),
  };
}

/**
 * Signed builds, back to what was built: kernel (Debian writes the series before the architecture),
 * boot loader and shim. Whether the mapping is right can be read off `Built-Using` of the archive.
 */
function unsignedOf(p: Package, version: string): { source: string; version: string } {
  const source = p.source || p.name;
  if (source === "linux-signed" || source.startsWith("linux-signed-")) {
    const series = source.slice("linux-signed".length).replace(/-(amd64|arm64|i386)$/, "");
    return { source: `linux${series}`, version: hyphenated(version) };
  }
  if (/^grub-efi-(amd64|arm64|ia32)-signed$/.test(source) || source === "grub2-signed") {
    return { source: "grub2", version: builtVersion(p.version) };
  }
  // Only the binary's version tells which shim was signed, whatever the source version says.
  if (source === "shim-signed") return { source: "shim", version: builtVersion(p.version) };
  return { source, version };
}

/** Signed sources are native packages, so the first hyphen of the original became a `+`. */
function hyphenated(version: string): string {
  return version.includes("-") ? version : version.replace("+", "-");
}

/** `1+2.06+13+deb12u1` signs `2.06-13+deb12u1`; `1.51~1+deb12u1+16.1-2` signs `16.1-2`. */
function builtVersion(version: string): string {
  const built = /^\d+(?:\.\d+)*(?:~\d+)?(?:\+deb\d+u\d+)?\+(\d.*)$/.exec(version)?.[1];
  return built === undefined ? version : hyphenated(built);
}

/** Tools and headers built from the kernel's source are no kernel: its bugs are not in them. */
function roleOf(name: string, source: string): PackageRole {
  const isKernel = /^linux(-\d+\.\d+)?$/.test(source) || /^linux-image-(unsigned-)?\d/.test(name);
  if (!isKernel) return "ordinary";
  const isImage = /^linux-image-(unsigned-)?\d/.test(name) && !name.endsWith("-dbg");
  return isImage ? "kernel-image" : "kernel-support";
}

/**
 * A backport is newer than the release's fixed version without having to contain the fix; a package
 * of another publisher follows other numbers. Both would read as fixed.
 */
function blindSpotOf(p: Package, base: string): Subject["blindSpot"] {
  if (/~bpo\d+\+\d+/.test(p.version)) return "backport";
  const isOwn = p.origin === "" || p.origin.toLowerCase().startsWith(base.toLowerCase());
  return isOwn ? null : "foreign-origin";
}
