/** Numbers in versions have no limit: they are compared as runs of digits, never as machine numbers. */

/** Negative, 0 or positive by value; an empty run counts as 0. Both texts hold digits only. */
export function compareDigits(a: string, b: string): number {
  const left = withoutZeros(a);
  const right = withoutZeros(b);
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return compareText(left, right);
}

/** By code unit, which is by byte for ASCII. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (!isDigitCode(text.charCodeAt(at))) return false;
  }
  return text.length > 0;
}

export function isDigitCode(code: number): boolean {
  return code >= 48 && code <= 57;
}

export function isLetterCode(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function withoutZeros(text: string): string {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) === 48) at++;
  return at === 0 ? text : text.slice(at);
}

/** Compares `text[from..to]` of both by value, without making texts: orders are asked a million times. */
export function compareDigitRuns(a: string, b: string, at: DigitRuns): number {
  let i = at.fromA;
  let j = at.fromB;
  while (i < at.toA && a.charCodeAt(i) === 48) i++;
  while (j < at.toB && b.charCodeAt(j) === 48) j++;
  const lengths = at.toA - i - (at.toB - j);
  if (lengths !== 0) return lengths < 0 ? -1 : 1;
  for (; i < at.toA; i++, j++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

export interface DigitRuns {
  readonly fromA: number;
  readonly toA: number;
  readonly fromB: number;
  readonly toB: number;
}
