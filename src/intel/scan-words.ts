import type { Match } from "./match.ts";

/** Why a finding says what it says: which source, which two versions, and what follows. */
export function whyText(match: Match): string {
  const { feed, packageName, installed, comparedWith, comparison, rule } = match.because;
  const said = `${feed}${match.advisories.length > 0 ? ` (${match.advisories.join(", ")})` : ""}`;
  switch (rule) {
    case "fixed-version":
    case "version-range":
    case "listed-version":
      return comparison === "lower"
        ? `${said}: ${packageName} ${installed} is lower than ${comparedWith}, which fixes it.`
        : rangeText(said, match);
    case "no-fix-yet":
      return `${said}: ${packageName} is affected and has no fix yet.`;
    case "postponed":
      return `${said}: ${packageName} is affected; the publisher puts the fix off.`;
    case "ignored":
      return `${said}: ${packageName} is affected; the publisher will not fix it in this release.`;
    case "support-ended":
      return `${said}: ${packageName} is no longer supported in this release.`;
    case "undetermined":
      return `${said}: the publisher has not determined whether ${packageName} is affected.`;
    case "not-comparable":
      return `${said}: ${packageName} ${installed} cannot be compared with ${comparedWith ?? "any version"}, so nothing is known.`;
    case "fixed-in-channel":
      return `${said}: a fix (${match.fixedVersion}) exists only in a channel that needs a subscription.`;
    case "unknown-stream":
      return `${said}: which module stream ${packageName} ${installed} belongs to is not known, so it cannot be judged.`;
    case "cpe-range":
    case "cpe-version":
    case "cpe-every-version":
      return `${cpeText(said, match)} ${CPE_IS_WEAK}`;
    case "cpe-open":
      return `${said}: the record speaks of ${comparedWith}, and the CPE name of ${packageName} ${installed} leaves open whether it is that. ${CPE_IS_WEAK}`;
    case "cpe-platform":
      return `${said}: ${packageName} ${installed} is affected where it runs on ${comparedWith}, and whether it does is not known. ${CPE_IS_WEAK}`;
    case "kernel-support":
      return `${said}: ${packageName} ${installed} is in the affected range, but this package holds no kernel; the kernel itself is judged on its own package.`;
    default:
      return `${said}: ${packageName} ${installed} (${rule}).`;
  }
}

const CPE_IS_WEAK =
  "Only a CPE name decided, which is the weakest source: no distribution or ecosystem speaks of this package.";

function cpeText(said: string, { because, fixedVersion }: Match): string {
  const { packageName, installed, comparedWith, rule } = because;
  const what = `${said}: ${packageName} ${installed}`;
  if (fixedVersion !== null) return `${what} is below ${fixedVersion}, where the range ends.`;
  if (rule === "cpe-every-version") return `${what} is affected, as every version is.`;
  if (rule === "cpe-version") return `${what} is a version that the record names.`;
  return `${what} is in a range that is affected (compared with ${comparedWith}).`;
}

function rangeText(said: string, { because, fixedVersion }: Match): string {
  const { packageName, installed, rule } = because;
  const how =
    rule === "listed-version" ? "is listed as affected" : "is in a range that is affected";
  const fix = fixedVersion === null ? "; no fix is known" : `; fixed in ${fixedVersion}`;
  return `${said}: ${packageName} ${installed} ${how}${fix}.`;
}
