import { compareLooseSemver } from "./semver.ts";

/**
 * The order of Go modules (semantic versions with a `v`, pseudo-versions, `+incompatible`) and of Go's
 * own releases, which are written `go1.21rc2` and mean 1.21.0-rc.2, as advisories write them.
 */
/** `golang.org/x/mod/semver`: nothing stands behind a version that is written short. */
const SHORT_WITH_MORE = /^v?\d+(?:\.\d+)?[-+]/;
const RELEASE = /^go(\d+)\.(\d+)(?:\.(\d+))?(?:(beta|rc)(\d+))?$/;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareGo(left: string, right: string): number | null {
  if (SHORT_WITH_MORE.test(left) || SHORT_WITH_MORE.test(right)) return null;
  return compareLooseSemver(asModule(left), asModule(right));
}

function asModule(text: string): string {
  const match = text.length > 64 ? null : RELEASE.exec(text);
  if (match === null) return text;
  const [, major = "", minor = "", patch = "0", stage, number] = match;
  return `${major}.${minor}.${patch}${stage === undefined ? "" : `-${stage}.${number}`}`;
}
