import { z } from "zod";
import { instantToText } from "../base/instant.ts";
import { type Filter, filterKinds, filterWords } from "./filter.ts";

/** A filter as the API tells it, the same wherever a finding is shown. */
export const filterSchema = z
  .strictObject({
    kind: z.enum(filterKinds),
    label: z.string().describe("the kind in words"),
    source: z.string().describe("the document (V-3), or what was observed"),
    author: z.string(),
    says: z.string(),
    justification: z.string(),
    since: z.string(),
    until: z.string().nullable(),
    isSetAside: z.boolean().describe("false: the finding is shown and counted"),
    isLowered: z.boolean().describe("it comes after what nothing speaks against"),
    trust: z.string().describe("why it sets the finding aside, or why not"),
  })
  .meta({ id: "Filter" });

export function filterReply(filter: Filter): z.output<typeof filterSchema> {
  const { since, until } = filter;
  return {
    ...filter,
    isLowered: filter.isLowered ?? false,
    label: filterWords[filter.kind],
    since: instantToText(since),
    until: until === null ? null : instantToText(until),
  };
}
