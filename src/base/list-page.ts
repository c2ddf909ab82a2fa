import { z } from "zod";

/** Lists that a page may jump into anywhere: beside the cursor a number of rows to pass over. */
const SKIP_MAX = 10_000_000;

export const skip = z.coerce
  .number()
  .int()
  .min(0)
  .max(SKIP_MAX)
  .optional()
  .describe("Rows to pass over from the start of the list; instead of a cursor.");

/** Rows of the whole list as the caller may see it, whatever page is asked for. */
export const total = z.number().int();

/** Of lists that are told as a CSV file too. */
export const format = z
  .enum(["json", "csv"])
  .optional()
  .describe("csv: the whole list as a file, as with Accept: text/csv; limit has no effect then.");
