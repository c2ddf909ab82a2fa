/**
 * The outside numbers of decisions about findings: `X-12` an exception, `D-3` a deferral, `K-7` a
 * known issue. The number when `text` has that prefix (any letter case), else null.
 */
export function decisionNumber(prefix: "X" | "D" | "K", text: string): number | null {
  const match = /^([a-z])-([1-9]\d{0,8})$/i.exec(text);
  return match?.[1]?.toUpperCase() === prefix ? Number(match[2]) : null;
}
