import { compareDigits } from "./digits.ts";

/** The order of the special types of version range specifiers (VERS, "Special VERS types"). */

/** No version comes near this long. */
const LENGTH_MAX = 2_048;

/** `intdot`: whole numbers between dots; reading stops at the first other sign. */
export function compareIntdot(left: string, right: string): number | null {
  const a = numbersOf(left);
  const b = numbersOf(right);
  if (a === null || b === null) return null;
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareDigits(a[at] ?? "0", b[at] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

function numbersOf(text: string): readonly string[] | null {
  if (text.length > LENGTH_MAX) return null;
  return /^\d+(?:\.\d+)*/.exec(text)?.[0].split(".") ?? null;
}

/** `lexicographic`: by byte of UTF-8, which is the order of code points. */
export function compareLexicographic(left: string, right: string): number | null {
  if (left === "" || right === "" || left.length > LENGTH_MAX || right.length > LENGTH_MAX) {
    return null;
  }
  const a = [...left];
  const b = [...right];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? 0);
    if (order !== 0) return Math.sign(order);
  }
  return Math.sign(a.length - b.length);
}

/** RFC 3339 §5.6, in upper case as VERS wants it; fractions of any length. */
const DATETIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** `datetime`: by the moment in time that is meant. */
export function compareDatetime(left: string, right: string): number | null {
  const a = momentOf(left);
  const b = momentOf(right);
  if (a === null || b === null) return null;
  if (a.seconds !== b.seconds) return Math.sign(a.seconds - b.seconds);
  const digits = Math.max(a.fraction.length, b.fraction.length);
  return compareDigits(a.fraction.padEnd(digits, "0"), b.fraction.padEnd(digits, "0"));
}

function momentOf(text: string): { readonly seconds: number; readonly fraction: string } | null {
  const match = text.length > LENGTH_MAX ? null : DATETIME.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map(Number);
  const midnight = Date.UTC(year, month - 1, day);
  const isDay = new Date(midnight).getUTCDate() === day && month >= 1 && month <= 12;
  const offset = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  const isTime = hour < 24 && minute < 60 && second <= 60;
  if (!isDay || !isTime || offset >= 24 * 60 || Number(match[10] ?? 0) > 59) return null;
  const east = match[8] === "-" ? -offset : offset;
  const seconds = midnight / 1_000 + (hour * 60 + minute - east) * 60 + second;
  return { seconds, fraction: match[7] ?? "" };
}
