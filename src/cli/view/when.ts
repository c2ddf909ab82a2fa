import { durationToText, type Instant, instantFromText } from "../../base/instant.ts";

/** `2 h ago`, `in 3 d`, `never`: relative for people; machines get the instant itself. */
export function whenText(text: string | null, now: Instant): string {
  if (text === null) return "never";
  const at = instantFromText(text);
  if (at === null) return text;
  const distance = at - now;
  if (Math.abs(distance) < 1500) return "now";
  return distance < 0 ? `${durationToText(-distance)} ago` : `in ${durationToText(distance)}`;
}

/** The clock time of an event, in UTC, as lists show it. */
export function clockText(text: string): string {
  return text.replace("T", " ").replace(/\.\d+Z$/, "Z");
}
