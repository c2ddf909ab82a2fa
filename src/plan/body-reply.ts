import { z } from "zod";
import { parseBody } from "./body.ts";
import { wayBackOf } from "./way-back.ts";

/** A body as the API tells it: its exact text, and what taking it back really does. */
export const bodySchema = z.strictObject({
  digest: z.string(),
  text: z.string(),
  /** Null where the text cannot be read. */
  wayBack: z
    .strictObject({
      class: z.enum(["downgrade", "previous-kernel", "snapshot", "none", "nothing"]),
      label: z.string(),
      tone: z.enum(["good", "attention", "bad"]),
      /** What happens, in sentences. */
      says: z.array(z.string()),
    })
    .nullable(),
});

export function shownBody(body: {
  readonly digest: string;
  readonly text: string;
}): z.output<typeof bodySchema> {
  const parsed = parseBody(body.text);
  if (!parsed.ok) return { ...body, wayBack: null };
  const { says, ...wayBack } = wayBackOf(parsed.value);
  return { ...body, wayBack: { ...wayBack, says: [...says] } };
}
