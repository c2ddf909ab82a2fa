import { type Action, actionOf } from "../base/action.ts";
import type { SubjectId } from "../base/ids.ts";
import type { Hold } from "./hold.ts";
import type { RetentionClass } from "./retention.ts";

/** Who looks, and why they may not act on records at all; null: they may. */
export interface Looker {
  readonly person: SubjectId;
  readonly refusal: string | null;
}

const OWN = "You asked for it. Another person has to agree.";

/** What may be done with a hold, and why not: one asks to lift it, another lifts it. */
export function holdActions(
  hold: Pick<Hold, "liftAskedBy" | "liftedAt">,
  { person, refusal }: Looker,
): Action[] {
  const isAsked = hold.liftAskedBy !== null;
  const why = hold.liftedAt !== null ? "Lifted already." : hold.liftAskedBy === person ? OWN : null;
  return [actionOf("lift", isAsked ? "Lift" : "Ask to lift", refusal ?? why)];
}

/** What may be done about an erasure that one person asked for. */
export function erasureActions(
  asked: { readonly subject: SubjectId; readonly askedBy: SubjectId; readonly hold: string | null },
  { person, refusal }: Looker,
): Action[] {
  const held = asked.hold === null ? null : `Legal hold ${asked.hold} keeps what is held on them.`;
  const why =
    asked.askedBy === person
      ? OWN
      : asked.subject === person
        ? "Nobody agrees to their own erasure. Another person has to."
        : held;
  return [
    actionOf("erase", "Erase for good", refusal ?? why),
    actionOf("withdraw", "Erase nobody", refusal),
  ];
}

/** What may be done about how long one class of entries is kept. */
export function retentionActions(
  asked: { readonly class: RetentionClass; readonly by: SubjectId } | null,
  { person, refusal }: Looker,
): Action[] {
  const set = actionOf("set", "Change", refusal);
  if (asked === null) return [set];
  return [
    set,
    actionOf("agree", "Agree", refusal ?? (asked.by === person ? OWN : null)),
    actionOf("withdraw", "Leave as it is", refusal),
  ];
}
