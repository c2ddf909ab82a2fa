import type { Instant } from "../base/instant.ts";
import type { RevertBudget } from "../policy/rings-gates.ts";
import type { GateStand } from "./gate-judge.ts";
import type { HaltReason, Hold } from "./hold.ts";
import type { RolloutState } from "./model.ts";
import type { WaveFacts } from "./wave.ts";

/** What a decision of the engine is made from, and what it may be. */

export interface RolloutFacts {
  readonly state: RolloutState;
  readonly isFrozen: boolean;
  /** A halt that covers the whole rollout, whoever set it; null while none does. */
  readonly halted: { readonly scope: string; readonly since: Instant } | null;
  /** The wave whose failures halted the rollout by itself; null after anything else. */
  readonly haltedBy: number | null;
  /** Why the approvals do not allow a start now; null while they do. */
  readonly approvalHold: Hold | null;
  readonly waves: readonly WaveFacts[];
  /** How far the failure that halted it is taken back; absent: as the ring of its wave says. */
  readonly takesBack?: TakesBack;
  /** What must go on holding after the last wave; absent: nothing. */
  readonly after?: { readonly forMs: number; readonly gates: readonly GateStand[] };
  /** Hosts of its rule may join until the times of its waves are over; absent: none may. */
  readonly isOpenToJoin?: true;
  /** How many hosts may be taken back without a person; absent: as many as it takes. */
  readonly revertBudget?: RevertBudget;
}

export interface Stop {
  readonly wave: WaveFacts;
  readonly reason: HaltReason;
}

export type TakesBack = "none" | "wave" | "all";

export type Decision =
  | { readonly do: "open-wave"; readonly wave: number }
  | { readonly do: "pass-wave"; readonly wave: number }
  | { readonly do: "end-wave"; readonly wave: number }
  | {
      readonly do: "release";
      readonly wave: number;
      readonly kind: "apply" | "revert";
      /** Most hosts of this release; absent: as many as the wave has room for. */
      readonly countMax?: number;
    }
  | { readonly do: "hold"; readonly wave: number; readonly hold: Hold }
  | { readonly do: "halt"; readonly reason: HaltReason }
  | {
      readonly do: "revert";
      readonly wave: number;
      /** Only these; absent: every host of the wave that is done. */
      readonly hosts?: readonly string[];
    }
  | { readonly do: "give-up"; readonly wave: number; readonly hold: Hold }
  | { readonly do: "finish" };
