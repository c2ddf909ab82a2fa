import { z } from "zod";
import { instantFromText } from "../../../base/instant.ts";
import { AdvisoryDraft, Extent, textAbout } from "../../advisory-draft.ts";
import { CVE_ID, type FeedFormat } from "../../feed-format.ts";
import { jsonRecords } from "../../json-records.ts";
import type { Statement, VersionRange } from "../../model.ts";
import { intervalsIn } from "../../semver-ranges.ts";

/**
 * The Node.js security working group's own database: npm packages up to 2020, and flaws of Node.js
 * itself, which is no package of npm and therefore only described. A package without a fix has no
 * `patched_versions`, or ones below 0.0.0.
 */
export const nodeSecurityWg: FeedFormat = {
  name: "node-security-wg",
  recognise: (head) =>
    (/"vulnerable_versions"\s*:/.test(head) && /"module_name"\s*:/.test(head)) ||
    (/"vulnerable"\s*:\s*"/.test(head) && /"(patched|cve)"\s*:/.test(head)),
  begin() {
    const draft = new AdvisoryDraft();
    const extent = new Extent();
    return {
      add(document) {
        extent.add(document);
        for (const { place, value } of jsonRecords(document, draft.problems)) {
          extent.addRecord(document, place);
          const problem = readRecord(draft, value, place);
          if (problem !== null) draft.problems.add(place, problem);
        }
      },
      finish: () => [
        draft.reading({
          feed: FEED,
          extent: extent.value,
          label: "npm packages until 2020",
          isComplete: false,
        }),
      ],
    };
  },
};

const FEED = "node-security-wg";

const npmSchema = z.object({
  id: z.union([z.number(), z.string()]),
  title: z.string().default(""),
  module_name: z.string().min(1).max(214),
  publish_date: z.string().nullish(),
  updated_at: z.string().nullish(),
  cves: z.array(z.string()).nullish(),
  vulnerable_versions: z.string(),
  patched_versions: z.string().nullish(),
});

const coreSchema = z.object({
  cve: z.array(z.string()),
  vulnerable: z.string(),
  overview: z.string().default(""),
  ref: z.string().optional(),
});

function readRecord(draft: AdvisoryDraft, value: unknown, place: string): string | null {
  const core = coreSchema.safeParse(value);
  if (core.success) {
    const ids = core.data.cve.filter((id) => CVE_ID.test(id));
    const about = ids.map((id) => textAbout(id, { title: core.data.overview }));
    draft.record(`core ${core.data.ref ?? place} ${ids.join(" ")}`, { said: [], about });
    return null;
  }
  const record = npmSchema.safeParse(value);
  if (!record.success) return "is no advisory of the working group";
  const { data } = record;
  const ranges = rangesOf(data.vulnerable_versions, data.patched_versions ?? null);
  if (ranges === null) return `names versions that are none: ${data.vulnerable_versions}`;
  const advisory = `NSWG-ECO-${data.id}`;
  const cves = (data.cves ?? []).filter((id) => CVE_ID.test(id));
  const ids = cves.length > 0 ? cves : [advisory];
  const publishedAt = instantFromText(data.publish_date ?? "");
  draft.record(advisory, {
    said: ids.map(
      (vulnerability): Statement => ({
        feed: FEED,
        ecosystem: "npm",
        packageName: data.module_name,
        matches: "binary",
        vulnerability,
        advisory,
        state: { kind: "ranges", ranges, versions: [] },
        urgency: "",
      }),
    ),
    about: ids.map((id) => textAbout(id, { title: data.title, publishedAt })),
    at: instantFromText(data.updated_at ?? "") ?? publishedAt,
  });
  return null;
}

function rangesOf(vulnerable: string, patched: string | null): readonly VersionRange[] | null {
  const ranges = intervalsIn(vulnerable);
  const fixes = patched === null ? [] : (intervalsIn(patched) ?? []);
  const isFixed = fixes.some((range) => range.introduced !== "0" || range.fixed === null);
  if (ranges === null || isFixed) return ranges;
  // The end of a range is where the database ends, not a fix.
  return ranges.map((range) => ({ ...range, fixed: null }));
}
