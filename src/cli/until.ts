import { Failure } from "../base/failure.ts";
import { durationFromText, type Instant, instantFromText, instantToText } from "../base/instant.ts";

/** A time to come as people write it: `60d` from now, a date (its beginning in UTC), or RFC 3339. */
export function untilText(text: string, now: Instant): string {
  const lasts = durationFromText(text);
  const at = lasts === null ? instantFromText(text) : now + lasts;
  if (at !== null) return instantToText(at);
  throw new Failure(
    "invalid",
    `${JSON.stringify(text.slice(0, 60))} is not a time. Write 60d, 2027-01-31 or 2027-01-31T12:00Z.`,
  );
}
