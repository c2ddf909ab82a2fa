import { compareDigits, compareText, isDigits } from "./digits.ts";

/**
 * The order of Conan packages (Conan 2, "Version ranges"): items between dots of any number, numbers by
 * value and everything else as text, zeros at the end ignored; behind `-` a pre-release, lower than the
 * release; behind `+` a build, higher than the same without one.
 */
interface ConanVersion {
  readonly items: readonly string[];
  readonly pre: ConanVersion | null;
  readonly build: ConanVersion | null;
}

/** No package has a version near this long; a longer one is not a version. */
const LENGTH_MAX = 2_048;
const PATTERN = /^[0-9A-Za-z_.*][0-9A-Za-z_.*+-]*$/;

/** Negative, 0 or positive like a sort function; `null` when either text is not a version. */
export function compareConan(left: string, right: string): number | null {
  if (left.length > LENGTH_MAX || right.length > LENGTH_MAX) return null;
  if (!PATTERN.test(left) || !PATTERN.test(right)) return null;
  return compareVersions(parse(left), parse(right));
}

function parse(text: string): ConanVersion {
  const [beforeBuild, build] = cutRight(text, "+");
  const [main, pre] = cutRight(beforeBuild, "-");
  const items = main.split(".");
  const last = items.findLastIndex((item) => !/^0+$/.test(item));
  return {
    items: items.slice(0, last + 1),
    pre: pre === null ? null : parse(pre),
    build: build === null ? null : parse(build),
  };
}

function cutRight(text: string, separator: string): readonly [string, string | null] {
  const at = text.lastIndexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

function compareVersions(a: ConanVersion, b: ConanVersion): number {
  return (
    compareItems(a.items, b.items) ||
    compareOptional(a.pre, b.pre, "absent-last") ||
    compareOptional(a.build, b.build, "absent-first")
  );
}

function compareOptional(
  a: ConanVersion | null,
  b: ConanVersion | null,
  where: "absent-first" | "absent-last",
): number {
  if (a !== null && b !== null) return compareVersions(a, b);
  if (a === b) return 0;
  return (a === null) === (where === "absent-first") ? -1 : 1;
}

function compareItems(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const left = a[at] ?? "";
    const right = b[at] ?? "";
    const areNumbers = isDigits(left) && isDigits(right);
    const order = areNumbers ? compareDigits(left, right) : compareText(left, right);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}
