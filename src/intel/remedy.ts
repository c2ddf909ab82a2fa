import type { Package } from "../inventory/model.ts";
import { isKernel } from "./file-knowledge.ts";
import { isModuleBuild } from "./module-stream.ts";
import type { IndexOffer } from "./package-index.ts";
import { orderWithin } from "./release-order.ts";
import { subjectOf } from "./subject.ts";
import type { VersionOrder } from "./versions/order.ts";

/**
 * What a host can install today against a finding: the smallest offered version at or above the fix.
 * A fix that no enabled source offers is told as such, because waiting and installing are different
 * work; and without any index of the host's release nothing is claimed either way.
 */
export type Remedy =
  | { readonly kind: "install"; readonly name: string; readonly version: string }
  | { readonly kind: "not-offered" }
  /** There are higher versions, and each of them has another known vulnerability. */
  | { readonly kind: "none-free" }
  | { readonly kind: "no-index" };

export interface Offers {
  /** By package name; kernels under `linux-image`. */
  readonly byName: ReadonlyMap<string, readonly IndexOffer[]>;
  readonly isKnown: boolean;
}

export function remedyFor(p: Package, fixed: string, offers: Offers): Remedy {
  if (!offers.isKnown) return { kind: "no-index" };
  const order = orderWithin(p.ecosystem);
  const own = offers.byName.get(isKernel(p) ? "linux-image" : p.name) ?? [];
  const enough = own.filter((offer) => order !== null && mends(p, offer, fixed, order));
  const [smallest] = enough.toSorted((a, b) => order?.(a.version, b.version) ?? 0);
  if (smallest === undefined) return { kind: "not-offered" };
  return { kind: "install", name: smallest.name, version: smallest.version };
}

function mends(p: Package, offer: IndexOffer, fixed: string, order: VersionOrder): boolean {
  if (!isForArch(offer.arch, p.arch)) return false;
  if (!/^(Debian|Ubuntu|Echo)/.test(p.ecosystem)) {
    // Builds of a module and ordinary ones do not replace each other.
    const isAlike = isModuleBuild(offer.version) === isModuleBuild(p.version);
    return isAlike && (order(offer.version, fixed) ?? -1) >= 0;
  }
  if (isKernel(p) && flavourOf(offer.name) !== flavourOf(p.name)) return false;
  const asPackage = { ...p, name: offer.name, version: offer.version };
  const subject = subjectOf({
    ...asPackage,
    source: offer.source,
    sourceVersion: offer.sourceVersion,
  });
  if (subject.source !== subjectOf(p).source) return false;
  return (order(subject.version, fixed) ?? -1) >= 0;
}

function isForArch(offered: string, own: string): boolean {
  const isAny = (arch: string): boolean => ["", "all", "noarch"].includes(arch);
  return offered === own || isAny(offered) || isAny(own);
}

/** `linux-image-6.1.0-9-cloud-amd64` → `cloud-amd64`; `-unsigned` is the same kernel. */
function flavourOf(name: string): string {
  return name
    .replace(/^linux-image-(unsigned-)?/, "")
    .replace(/-unsigned$/, "")
    .replace(/^\d[\d.]*(?:\+deb\d+)?(?:-\d+)?-?/, "");
}

export function remedyText(p: Package, remedy: Remedy): string {
  switch (remedy.kind) {
    case "install":
      return remedy.name === p.name ? remedy.version : `${remedy.name} ${remedy.version}`;
    case "not-offered":
      return "fixed upstream, not yet published to you";
    case "none-free":
      return "every higher version that is known has another vulnerability";
    case "no-index":
      return `not known: no package index of ${p.ecosystem} is among the feeds`;
  }
}
