import { instantToText } from "../base/instant.ts";
import type { Tone } from "../base/tone.ts";
import type { SupportJudgement, SupportState } from "./support.ts";

/** How the end of support reads, wherever it is shown. */
export const supportWords: Readonly<Record<SupportState, readonly [label: string, tone: Tone]>> = {
  ended: ["ended", "bad"],
  extended: ["extended only", "attention"],
  "ends-soon": ["ends soon", "attention"],
  supported: ["supported", "good"],
  unknown: ["not known", "unknown"],
};

export function whenSupportEnds({ state, endsAt }: Omit<SupportJudgement, "daysLeft">): string {
  const day = endsAt === null ? null : instantToText(endsAt).slice(0, 10);
  switch (state) {
    case "ended":
      return day === null ? "Support has ended" : `Support ended on ${day}`;
    case "extended":
      return `Only longer support is left, until ${day ?? "a day nobody named"}`;
    case "ends-soon":
    case "supported":
      return day === null ? "Supported, without a day" : `Supported until ${day}`;
    case "unknown":
      return "No feed says how long it is supported";
  }
}
