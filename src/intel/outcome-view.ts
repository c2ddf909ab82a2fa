import { z } from "zod";

/** What came of a source that was asked or carried here, as the API tells it. */
export const outcomeSchema = z.strictObject({
  source: z.string(),
  feed: z.string(),
  kind: z.enum(["loaded", "unchanged", "refused", "current", "unavailable"]),
  message: z.string(),
  entryCount: z.number().nullable(),
  addedCount: z.number().nullable(),
  endedCount: z.number().nullable(),
  problemCount: z.number().nullable(),
});

export type OutcomeView = z.output<typeof outcomeSchema>;

type Told =
  | {
      readonly kind: "loaded";
      readonly entryCount: number;
      readonly addedCount: number;
      readonly endedCount: number;
      readonly problemCount: number;
    }
  | { readonly kind: "unchanged" | "current" }
  | { readonly kind: "refused" | "unavailable"; readonly message: string };

export function outcomeView(
  outcome: Told & { readonly source: string; readonly feed: string },
): OutcomeView {
  const { source, feed, kind } = outcome;
  const message = "message" in outcome ? outcome.message : "";
  const counts =
    outcome.kind === "loaded"
      ? outcome
      : { entryCount: null, addedCount: null, endedCount: null, problemCount: null };
  const { entryCount, addedCount, endedCount, problemCount } = counts;
  return { source, feed, kind, message, entryCount, addedCount, endedCount, problemCount };
}
