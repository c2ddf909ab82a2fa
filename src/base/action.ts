import { z } from "zod";

/**
 * What may be done with an object now. The same for every object with buttons: whether it may be
 * done by who asks, and if not why, word for word; no page works that out by itself.
 */
export const actionSchema = z
  .strictObject({
    verb: z.string(),
    /** What stands on the button. */
    label: z.string(),
    allowed: z.boolean(),
    /** Why not, as a sentence; null when allowed. */
    reason: z.string().nullable(),
  })
  .meta({ id: "Action" });

export type Action = Readonly<z.output<typeof actionSchema>>;

/** `refusal` says why not; null or empty allows. */
export function actionOf(verb: string, label: string, refusal: string | null): Action {
  const reason = refusal === "" ? null : refusal;
  return { verb, label, allowed: reason === null, reason };
}

/** The refusal for somebody who does not hold the right that the verb needs. */
export function lacksRight(holds: boolean, permission: string): string | null {
  return holds ? null : `This needs the right ${permission}, which you do not hold here.`;
}
