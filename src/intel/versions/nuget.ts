import { compareNumbers, comparePrereleases } from "./semver.ts";

/**
 * The order of NuGet packages ("Package versioning" of the NuGet documentation): one to four numbers,
 * leading zeros ignored and missing ones 0, then a SemVer 2.0.0 pre-release that does not tell upper
 * from lower case; build metadata counts for nothing. Blanks around the whole are cut off, as NuGet does.
 */
/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const PATTERN =
  /^(\d+(?:\.\d+){0,3})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareNuget(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  return compareNumbers(a.numbers, b.numbers) || comparePrereleases(a.prerelease, b.prerelease);
}

function parse(text: string) {
  const match = text.length > LENGTH_MAX ? null : PATTERN.exec(text.trim());
  if (match === null) return null;
  const [, numbers = "", prerelease] = match;
  return {
    numbers: numbers.split("."),
    prerelease: prerelease?.toLowerCase().split(".") ?? [],
  };
}
