import type { Requirement, Selector } from "../base/labels.ts";

/**
 * Whether a host could be selected by both expressions. Said of what is written, not of the fleet: only
 * where one demands what the other forbids can no host be of both.
 */
export function canBothSelect(left: Selector, right: Selector): boolean {
  return left.every((one) => right.every((other) => !excludeEachOther(one, other)));
}

function excludeEachOther(one: Requirement, other: Requirement): boolean {
  if (one.key !== other.key) return false;
  if (one.op === "in" && other.op === "in") {
    return !one.values.some((value) => other.values.includes(value));
  }
  return isRefusedBy(one, other) || isRefusedBy(other, one);
}

function isRefusedBy(one: Requirement, other: Requirement): boolean {
  if (other.op === "absent") return one.op === "in" || one.op === "exists";
  return (
    one.op === "in" && other.op === "not-in" && one.values.every((v) => other.values.includes(v))
  );
}
