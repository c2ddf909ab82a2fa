import { z } from "zod";

/** The four things a state can mean to people. Unknown is a tone of its own and never counts as good. */
export const tones = ["good", "attention", "bad", "unknown"] as const;
export type Tone = (typeof tones)[number];

/** One state as people see it: shape and colour by `state`, the word in `label`. */
export const stateSchema = z
  .strictObject({
    state: z.enum(tones),
    label: z.string(),
    since: z.iso.datetime().nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: "State" });

const LIST = new RegExp(`^(${tones.join("|")})(,(${tones.join("|")}))*$`);

/** A filter: one tone, or several with commas between. */
export const toneList = z
  .string()
  .max(60)
  .regex(LIST, `one or more of ${tones.join(", ")}, with commas between`)
  .transform((text) => text.split(",") as Tone[]);
