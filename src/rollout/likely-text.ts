import { instantToText } from "../base/instant.ts";
import type { Likely } from "./forecast.ts";

/** Two instants of a forecast as the API tells them. */
export interface LikelyText {
  readonly median: string;
  readonly high: string;
}

export function likelyText({ median, high }: Likely): LikelyText {
  return { median: instantToText(median), high: instantToText(high) };
}

export function likelyTextOrNull(at: Likely | null): LikelyText | null {
  return at === null ? null : likelyText(at);
}
