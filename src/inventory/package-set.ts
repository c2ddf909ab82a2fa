import { type Digest, sha256 } from "../base/digest.ts";
import type { Offer, Package, PackageSetHeader } from "./model.ts";

/**
 * The canonical texts whose SHA-256 names a package set or an offer set: a header, then one line per
 * entry with its fields separated by tabs, sorted by bytes, each once, then `end`. No database ids, no
 * held or auto marks and nothing of the host itself, so equal machines share one set. The ecosystem
 * follows from the header and is not repeated.
 *
 * The origin of an installed package is part of the text only where the package itself records it.
 * dpkg does not, and what today's package lists happen to offer must not change what is installed.
 */

export function packageSetDigest(header: PackageSetHeader, packages: readonly Package[]): Digest {
  return sha256(packageSetText(header, packages));
}

export function packageSetText(header: PackageSetHeader, packages: readonly Package[]): string {
  return canonicalText(
    [
      "fettle package-set 1",
      `distribution ${header.distribution}`,
      `release ${header.release}`,
      `channel ${header.channel}`,
    ],
    packages.map(packageLine),
  );
}

/** What is in an artifact: packages of several ecosystems, so each line begins with its own. */
export function componentSetDigest(packages: readonly Package[]): Digest {
  return sha256(canonicalText(["fettle component-set 1"], packages.map(componentLine)));
}

export function componentLine(p: Package): string {
  return `${p.ecosystem}\t${packageLine(p)}`;
}

export function offerSetDigest(offers: readonly Offer[]): Digest {
  return sha256(offerSetText(offers));
}

export function offerSetText(offers: readonly Offer[]): string {
  return canonicalText(["fettle offer-set 1"], offers.map(offerLine));
}

export function packageLine(p: Package): string {
  return [p.name, p.version, p.arch, p.source, p.sourceVersion, p.origin, p.module].join("\t");
}

export function offerLine(o: Offer): string {
  return [
    o.name,
    o.arch,
    o.version,
    o.sha256,
    String(o.sizeBytes),
    o.origin,
    o.suite,
    o.component,
    o.source,
    o.sourceVersion,
  ].join("\t");
}

/** The default order of strings is by UTF-16 unit, which for ASCII is the order of bytes. */
function canonicalText(header: readonly string[], lines: readonly string[]): string {
  return [...header, ...new Set([...lines].sort()), "end", ""].join("\n");
}
