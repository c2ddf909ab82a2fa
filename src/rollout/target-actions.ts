import { type Action, actionOf } from "../base/action.ts";
import type { TargetFacts } from "./explain.ts";
import { targetMoves } from "./model.ts";
import type { RolloutRow } from "./store.ts";

/** What a person may do with one host of a rollout now; whoever does it is asked again in SQL. */
export function targetActions(
  target: Pick<TargetFacts, "kind" | "state" | "isBegun" | "attempt" | "retryAt">,
  rollout: Pick<RolloutRow, "state" | "attemptsMax">,
  mayOperate: boolean,
): readonly Action[] {
  const { state, isBegun, attempt } = target;
  const isOver = rollout.state === "finished" || rollout.state === "stopped";
  const first = !mayOperate
    ? "You may not do this to this host."
    : isOver
      ? `The rollout is ${rollout.state}.`
      : null;
  const moves: Readonly<Record<string, string>> = targetMoves[state];
  const isApply = target.kind === "apply";
  const canRetry = "retry" in moves && isApply && !isBegunHold(target);
  // Nothing of it was begun, so what waits to be tried again needs no attempt.
  const waits = state === "ready" && target.retryAt !== null;
  const noRetry = waits
    ? null
    : !canRetry
      ? "Only a host that failed, went back or was given up gets a new attempt."
      : attempt >= rollout.attemptsMax
        ? `All ${rollout.attemptsMax} approved attempts are used; another one needs a new plan.`
        : null;
  const canSkip = "skip" in moves && isApply && !isBegun;
  const canLose = "lose" in moves && isBegun;
  return [
    actionOf("retry", "Retry", first ?? noRetry),
    actionOf("skip", "Leave out", first ?? (canSkip ? null : "It has begun or ended already.")),
    actionOf(
      "lost",
      "Declare lost",
      first ?? (canLose ? null : "Only a host that began and whose word is missing can be lost."),
    ),
  ];
}

function isBegunHold({ state, isBegun }: Pick<TargetFacts, "state" | "isBegun">): boolean {
  return state === "held" && isBegun;
}
