import type { RingsPolicy } from "../policy/rings.ts";
import { oneWayOf } from "../policy/rings-one-way.ts";
import type { Resolution } from "./model.ts";
import { versionJump } from "./version-jump.ts";

/** Why a move cannot be taken back: its old file is gone, or the policy knows better; null: it can. */
export function whyOneWay(
  move: Resolution["moves"][number],
  policy: Pick<RingsPolicy, "oneWay">,
): string | null {
  if (move.verb !== "install" && move.oldSha256 === null) return "no source offers it any more";
  const jump = versionJump(move.from, move.to);
  return oneWayOf(policy.oneWay, move, jump !== null)?.because ?? null;
}
