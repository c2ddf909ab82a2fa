import { z } from "zod";
import { outcomes, type Priority } from "../policy/priority.ts";

/** A priority as the API tells it: the outcome and the path there, with the values that decided. */
export const prioritySchema = z
  .strictObject({
    outcome: z.enum(outcomes),
    /** What its row said, where the runtime policy lowers all of it on every host; else null. */
    loweredFrom: z.enum(outcomes).nullable(),
    by: z.strictObject({ file: z.string(), rule: z.string(), version: z.string() }),
    path: z.array(
      z.strictObject({
        rule: z.string(),
        steps: z.array(
          z.strictObject({
            condition: z.string(),
            held: z.boolean(),
            /** As in `kev 1, exposed yes`. */
            values: z.string(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: "Priority" });

export function priorityReply(priority: Priority): z.output<typeof prioritySchema> {
  return {
    outcome: priority.outcome,
    loweredFrom: priority.loweredFrom ?? null,
    by: priority.by,
    path: priority.path.map(({ rule, steps }) => ({
      rule,
      steps: steps.map(({ condition, held, values }) => ({
        condition,
        held,
        values: Object.entries(values)
          .map(([name, value]) => `${name} ${valueText(value)}`)
          .join(", "),
      })),
    })),
  };
}

function valueText(value: boolean | number | readonly string[]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return String(Math.round(value * 1000) / 1000);
  return value.length === 0 ? "none" : value.join(" ");
}
