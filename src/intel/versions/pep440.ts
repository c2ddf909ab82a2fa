import { compareDigits, compareText, isDigits } from "./digits.ts";
import { compareNumbers } from "./semver.ts";

/**
 * The order of Python's versions (PEP 440; the standing specification is "Version specifiers" of the
 * Python Packaging User Guide), with its normalisation: case, separators, spellings, implicit numbers.
 */
interface Pep440 {
  readonly epoch: string;
  readonly release: readonly string[];
  readonly pre: { readonly label: string; readonly number: string } | null;
  readonly post: string | null;
  readonly dev: string | null;
  readonly local: readonly string[];
}

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
/** PEP 440, appendix B. Each part begins with signs that the part before cannot hold. */
const PATTERN = new RegExp(
  [
    "^v?(?:(\\d+)!)?(\\d+(?:\\.\\d+)*)",
    "(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\\d*))?",
    "(?:-(\\d+)|[-_.]?(?:post|rev|r)[-_.]?(\\d*))?",
    "(?:[-_.]?dev[-_.]?(\\d*))?",
    "(?:\\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$",
  ].join(""),
);
const labels: ReadonlyMap<string, string> = new Map([
  ["alpha", "a"],
  ["beta", "b"],
  ["c", "rc"],
  ["pre", "rc"],
  ["preview", "rc"],
]);

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function comparePep440(left: string, right: string): number | null {
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return null;
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareNumbers(a.release, b.release) ||
    comparePre(a, b) ||
    compareOptional(a.post, b.post, "absent-first") ||
    compareOptional(a.dev, b.dev, "absent-last") ||
    compareLocal(a.local, b.local)
  );
}

function parse(text: string): Pep440 | null {
  if (text.length > LENGTH_MAX) return null;
  const match = PATTERN.exec(text.trim().toLowerCase());
  if (match === null) return null;
  const [, epoch = "0", release = "", label, number = "", implicit, post, dev, local] = match;
  return {
    epoch,
    release: release.split("."),
    pre: label === undefined ? null : { label: labels.get(label) ?? label, number },
    post: implicit ?? post ?? null,
    dev: dev ?? null,
    local: local?.split(/[-_.]/) ?? [],
  };
}

/** `1.0.dev1` < `1.0a1` < `1.0` < `1.0.post1`: a development release alone stands before all. */
function comparePre(a: Pep440, b: Pep440): number {
  const order = preRank(a) - preRank(b);
  if (order !== 0 || a.pre === null || b.pre === null) return Math.sign(order);
  return compareText(a.pre.label, b.pre.label) || compareDigits(a.pre.number, b.pre.number);
}

function preRank(version: Pep440): number {
  if (version.pre !== null) return 1;
  return version.post === null && version.dev !== null ? 0 : 2;
}

function compareOptional(
  a: string | null,
  b: string | null,
  where: "absent-first" | "absent-last",
): number {
  if (a !== null && b !== null) return compareDigits(a, b);
  if (a === b) return 0;
  const isFirst = (a === null) === (where === "absent-first");
  return isFirst ? -1 : 1;
}

/** Numbers by value and above letters; of two equal so far the longer is higher. */
function compareLocal(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const left = a[at] ?? "";
    const right = b[at] ?? "";
    const isNumber = isDigits(left);
    if (isNumber !== isDigits(right)) return isNumber ? 1 : -1;
    const order = isNumber ? compareDigits(left, right) : compareText(left, right);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}
