import { z } from "zod";
import type { DayCounts } from "./trend.ts";

/** A day of the trend over HTTP. */
const count = z.number().int().nullable();

export const trendDaySchema = z
  .strictObject({
    day: z.iso.date(),
    findings: count.describe("vulnerabilities on some host; null where that day is not known"),
    exploited: count.describe("of these, known to be exploited"),
    sources: count.describe("source packages that have one"),
    hosts: count.describe("hosts that had one"),
    exploitedHosts: count.describe("hosts that had one known to be exploited"),
    knownHosts: count.describe("hosts whose packages were known"),
    opened: count.describe("vulnerabilities that were not there the day before"),
    closed: count.describe("vulnerabilities that were there the day before"),
  })
  .meta({ id: "TrendDay" });

const nothing = {
  ...{ findings: null, exploited: null, sources: null, hosts: null, exploitedHosts: null },
  ...{ knownHosts: null, opened: null, closed: null },
};

export function trendDayReply(of: {
  readonly day: string;
  readonly known: DayCounts | null;
}): z.output<typeof trendDaySchema> {
  return { day: of.day, ...(of.known ?? nothing) };
}
