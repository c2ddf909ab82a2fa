import { z } from "zod";
import { tones } from "./tone.ts";

/** What a state means to people beside the four tones: that something works on it, or that it waits. */
export const markTones = [...tones, "running", "waiting"] as const;
export type MarkTone = (typeof markTones)[number];

/** How one state, kind or class is named and marked wherever people see it. */
export const wordSchema = z
  .strictObject({ name: z.string(), tone: z.enum(markTones), label: z.string() })
  .meta({ id: "Word" });

export type Word = z.output<typeof wordSchema>;

/** For each name its tone and what people read; in the order in which people choose among them. */
export type Words<Name extends string> = Readonly<
  Record<Name, readonly [tone: MarkTone, label: string]>
>;

export function wordList(words: Words<string>): Word[] {
  return Object.entries(words).map(([name, [tone, label]]) => ({ name, tone, label }));
}
