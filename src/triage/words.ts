import type { MarkTone, Words } from "../base/word.ts";
import type { FixFirstItem } from "./fix-first.ts";
import type { ServiceItem } from "./fix-first-services.ts";
import type { PatchState } from "./model.ts";

/** How cases read. The stages are the way of every case; each state stands somewhere on it. */
export const patchStages = ["advisory", "case", "plan", "approval", "rollout", "verified"] as const;

interface PatchStateWord {
  readonly tone: MarkTone;
  readonly label: string;
  /** Stages that lie behind it; all of them for a case that is closed. */
  readonly stagesBehind: number;
}

export const patchStateWords: Readonly<Record<PatchState, PatchStateWord>> = {
  triage: { tone: "waiting", label: "waits for a plan", stagesBehind: 2 },
  planned: { tone: "waiting", label: "waits for approval", stagesBehind: 3 },
  approved: { tone: "waiting", label: "waits for its start", stagesBehind: 4 },
  rolling: { tone: "running", label: "rolling out", stagesBehind: 4 },
  stopped: { tone: "attention", label: "stopped", stagesBehind: 4 },
  observing: { tone: "running", label: "observing", stagesBehind: 5 },
  closed: { tone: "good", label: "closed", stagesBehind: 6 },
  dropped: { tone: "unknown", label: "dropped", stagesBehind: 2 },
};

export const remedyWords: Words<FixFirstItem["remedy"] | ServiceItem["remedy"]> = {
  "update-offered": ["attention", "an update is offered"],
  "raise-in-services": ["attention", "a newer version to build with"],
  "fixed-upstream-not-offered": ["waiting", "fixed upstream, not offered to these hosts yet"],
  "no-fix": ["unknown", "no fix yet"],
};
