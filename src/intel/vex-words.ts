import type { Tone } from "../base/tone.ts";
import type { VexDocument } from "./store-vex.ts";

/** How VEX documents read. */
export type VexState = "counts" | "shown" | "ended";

export const vexStateWords: Readonly<Record<VexState, readonly [label: string, tone: Tone]>> = {
  counts: ["counts", "good"],
  shown: ["shown, changes nothing", "attention"],
  ended: ["ended", "unknown"],
};

export function vexStateOf({ endedAt, trust }: Pick<VexDocument, "endedAt" | "trust">): VexState {
  if (endedAt !== null) return "ended";
  return trust === "none" ? "shown" : "counts";
}

export function trustInWords(of: Pick<VexDocument, "trust" | "trustedBy" | "trustReason">): string {
  switch (of.trust) {
    case "none":
      return "Nobody verified the author, so it sets nothing aside.";
    case "approver":
      return `Signed by ${of.trustedBy}, whose key is registered here (${of.trustReason}).`;
    case "publisher":
      return `Signed by the publisher ${of.trustedBy} (${of.trustReason}).`;
    case "responsible":
      return `${of.trustedBy} answers for it: ${of.trustReason}`;
  }
}
