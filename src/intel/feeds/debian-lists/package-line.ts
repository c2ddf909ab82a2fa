import { cleanText } from "../../feed-format.ts";
import type { Statement } from "../../model.ts";
import { parseDebVersion } from "../../versions/deb.ts";

/**
 * One line about a package in the Debian tracker's own files (security-tracker, "Introduction"):
 * `[release] - source version|<state> (remarks)`. A line without a release speaks of unstable.
 */
export interface PackageLine {
  readonly release: string | null;
  readonly name: string;
  readonly state: Statement["state"];
  readonly urgency: string;
}

const LINE =
  /^(?:\[([a-z]+)\] )?- ([a-z0-9][a-z0-9+.-]*)(?: (<[a-z-]+>|[^\s(<]+))?(?: \((.*)\))?\s*$/;

/** `null` for lines about something else (notes, references); a text for lines that are wrong. */
export function packageLine(line: string): PackageLine | string | null {
  if (!/^(?:\[[a-z]+\] )?- /.test(line)) return null;
  const match = LINE.exec(line);
  if (match === null) return "is no line about a package";
  const [, release, name = "", what = "", remark = ""] = match;
  const state = stateOf(what, cleanText(remark, 200));
  if (state === null) return `names neither a version nor a state: ${cleanText(what, 60)}`;
  const urgency = /\b(unimportant|low|medium|high)\b/.exec(remark)?.[1] ?? "";
  return { release: release ?? null, name, state, urgency };
}

function stateOf(what: string, why: string): Statement["state"] | null {
  switch (what) {
    case "<not-affected>":
      return { kind: "never-affected", why };
    case "<unfixed>":
    case "<removed>":
      return { kind: "open" };
    case "<no-dsa>":
    case "<postponed>":
      return { kind: "deferred", why };
    case "<ignored>":
      return { kind: "ignored", why };
    case "<end-of-life>":
    case "<unsupported>":
      return { kind: "end-of-life" };
    case "<undetermined>":
      return { kind: "undetermined" };
    // A package that is only wished for is in no release.
    case "<itp>":
      return { kind: "never-affected", why: "not packaged" };
    default:
      return parseDebVersion(what) === null ? null : { kind: "fixed", version: what };
  }
}
