import type { Offer, Package } from "../inventory/model.ts";
import type { Want } from "../inventory/resolution.ts";
import type { PatchTarget } from "../triage/model.ts";

/**
 * Which packages of a set a patch is about, and to which offered version each should go. The host's
 * own package manager then says what else has to move with them.
 */
export type Wanted =
  | { readonly kind: "wants"; readonly wants: readonly Want[] }
  | { readonly kind: "not-affected" }
  | { readonly kind: "fix-not-offered" }
  | { readonly kind: "not-resolved"; readonly problem: string };

/** Negative, 0, positive, or `null` for versions that have no order. */
type Compare = (left: string, right: string) => number | null;

export function wantsFor(facts: {
  readonly target: PatchTarget;
  readonly packages: readonly Package[];
  readonly offers: readonly Offer[];
  readonly compare: Compare;
}): Wanted {
  const { target, packages, offers, compare } = facts;
  const wants: Want[] = [];
  let isOffered = true;
  for (const installed of packages) {
    if (installed.ecosystem !== target.ecosystem || installed.source !== target.source) continue;
    const order = compare(installed.sourceVersion, target.sourceVersion);
    if (order === null) return notComparable(installed);
    if (order >= 0) continue;
    const offer = bestOffer(installed, { target, offers, compare });
    if (offer === null) isOffered = false;
    else wants.push({ name: installed.name, arch: installed.arch, version: offer.version });
  }
  // A fix that reaches only a part of the source's packages leaves the host exposed.
  if (!isOffered) return { kind: "fix-not-offered" };
  return wants.length === 0 ? { kind: "not-affected" } : { kind: "wants", wants };
}

function notComparable(installed: Package): Wanted {
  const problem = `the version ${installed.sourceVersion} of ${installed.source} has no order`;
  return { kind: "not-resolved", problem };
}

/** The very version of the patch where it is offered, else the lowest newer one. */
function bestOffer(
  installed: Package,
  facts: {
    readonly target: PatchTarget;
    readonly offers: readonly Offer[];
    readonly compare: Compare;
  },
): Offer | null {
  const { target, offers, compare } = facts;
  let best: Offer | null = null;
  for (const offer of offers) {
    if (offer.name !== installed.name || offer.arch !== installed.arch) continue;
    if (offer.source !== target.source) continue;
    const reaches = compare(offer.sourceVersion, target.sourceVersion);
    if (reaches === null || reaches < 0) continue;
    const order = best === null ? -1 : compare(offer.version, best.version);
    if (order !== null && order < 0) best = offer;
  }
  return best;
}
