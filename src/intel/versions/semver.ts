import semver from "semver";

/**
 * The order of OSV's `SEMVER` ranges and of the ecosystems that use it (SemVer 2.0.0 §11). OSV allows
 * a leading `v` to be missing or present and treats absent minor or patch numbers as 0; anything else
 * is not comparable.
 */
export function compareSemver(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  return a === null || b === null ? null : semver.compare(a, b);
}

function parse(text: string): semver.SemVer | null {
  const match = /^v?(\d+)(\.\d+)?(\.\d+)?((?:[-+].*)?)$/.exec(text);
  if (match === null) return null;
  const [, major = "", minor = ".0", patch = ".0", rest = ""] = match;
  return semver.parse(`${Number(major)}${minor}${patch}${rest}`);
}
