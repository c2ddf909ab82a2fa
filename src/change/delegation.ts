import type { SubjectId } from "../base/ids.ts";
import { DAY_MS, type Instant, instantToText } from "../base/instant.ts";

/**
 * Whether somebody may hand their approvals to another person for a time. It ends by itself, is never
 * handed on, and gives nobody a right: who stands in still needs the right to approve, and signs with
 * their own key. A signature counts for both, so it never makes two people out of one.
 */
interface Held {
  readonly startsAt: Instant;
  readonly endsAt: Instant;
}

export function delegationRefusal(of: {
  readonly isPerson: boolean;
  readonly from: SubjectId;
  readonly to: { readonly id: SubjectId; readonly isPerson: boolean; readonly isLive: boolean };
  readonly span: Held;
  readonly msMax: number;
  readonly now: Instant;
  /** What the giver was handed by others, and what the taker handed to others. */
  readonly heldByFrom: readonly Held[];
  readonly handedOnByTo: readonly Held[];
}): string | null {
  const { from, to, span } = of;
  if (!of.isPerson) return "Only a person hands approvals to somebody. Sign in as yourself.";
  if (!to.isPerson) return "A service cannot approve, so nothing can be handed to one.";
  if (!to.isLive) return "This person cannot sign in any more.";
  if (from === to.id) return "You approve for yourself already.";
  if (span.startsAt < of.now) return "A delegation begins now or later.";
  if (span.endsAt <= span.startsAt) return "A delegation ends after it begins.";
  if (span.endsAt - span.startsAt > of.msMax) {
    return `A delegation lasts ${of.msMax / DAY_MS} days at most: until ${instantToText(span.startsAt + of.msMax)}.`;
  }
  const overlaps = (one: Held): boolean => one.startsAt < span.endsAt && span.startsAt < one.endsAt;
  if (of.heldByFrom.some(overlaps)) {
    return "Somebody handed their approvals to you for this time, and those are never handed on.";
  }
  return of.handedOnByTo.some(overlaps)
    ? "This person handed their own approvals to somebody else for this time."
    : null;
}
