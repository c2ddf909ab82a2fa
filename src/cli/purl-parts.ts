import { z } from "zod";
import { issueText } from "../base/issue-text.ts";
import type { PurlParts } from "../inventory/purl.ts";

const partsSchema = z.strictObject({
  type: z.string(),
  namespace: z.string().nullish(),
  name: z.string().nullish(),
  version: z.string().nullish(),
  qualifiers: z.record(z.string(), z.string().nullable()).nullish(),
  subpath: z.string().nullish(),
});

export type PartsReading =
  | { readonly read: PurlParts; readonly problem: null }
  | { readonly read: null; readonly problem: string };

/** One line of JSON with the components of a package URL. */
export function readPurlParts(line: string): PartsReading {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { read: null, problem: "the line is no JSON" };
  }
  const parts = partsSchema.safeParse(value);
  if (parts.success) return { read: parts.data, problem: null };
  const [issue] = parts.error.issues;
  const where = issue === undefined ? "" : `${issue.path.join(".")}: ${issueText(issue)}`;
  return { read: null, problem: `the components are not right: ${where}` };
}
