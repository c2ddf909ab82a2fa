import { z } from "zod";
import { Failure } from "./failure.ts";
import { DAY_MS, type Instant, instantFromText, instantToText } from "./instant.ts";

export const asOfQuery = z
  .string()
  .max(40)
  .optional()
  .describe("what was known at the end of a past day (2026-05-03, in UTC) or at an instant");

/**
 * A moment in the past that a question is about. A day stands for its end in UTC, because that is how
 * reports speak of days; the day that is not over yet stands for now.
 */
export function asOfFromText(text: string | undefined, now: Instant): Instant | undefined {
  if (text === undefined || text === "") return undefined;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const from = instantFromText(isDay ? `${text}T00:00:00Z` : text);
  // The thirtieth of February would be read as a day of March.
  if (from === null || (isDay && instantToText(from).slice(0, 10) !== text)) {
    throw new Failure(
      "invalid",
      `There is no day or time ${text} (asOf). Write a day like 2026-05-03, or a time like 2026-05-03T12:00:00Z.`,
    );
  }
  if (from > now) {
    throw new Failure(
      "invalid",
      `${text} (asOf) lies in the future, of which nothing is known. Ask of a past day.`,
    );
  }
  const end = isDay ? from + DAY_MS - 1 : from;
  return end >= now ? undefined : end;
}
