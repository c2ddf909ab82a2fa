import { z } from "zod";
import { Failure } from "../../../base/failure.ts";
import { instantFromText } from "../../../base/instant.ts";
import {
  CVE_ID,
  type FeedFormat,
  type FeedReading,
  type KevEntry,
  ProblemList,
} from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";

/**
 * CISA's catalogue of known exploited vulnerabilities. Entries are edited and sometimes removed;
 * `dueDate` may be missing since the directive that set it was replaced.
 */
export const kev: FeedFormat = {
  name: "kev",
  recognise: (head) =>
    /^\s*\{/.test(head) && /"cveID"\s*:\s*"/.test(head) && /"dateAdded"\s*:\s*"/.test(head),
  begin() {
    let reading: FeedReading | null = null;
    return {
      add(document) {
        reading = readCatalogue(document.text);
      },
      finish: () => (reading === null ? [] : [reading]),
    };
  },
};

const catalogueSchema = z.object({
  catalogVersion: z.string().max(60).default(""),
  dateReleased: z.string().optional(),
  vulnerabilities: z.array(z.unknown()),
});

const entrySchema = z.object({
  cveID: z.string().regex(CVE_ID),
  dateAdded: z.string(),
  dueDate: z.string().optional(),
  knownRansomwareCampaignUse: z.string().optional(),
});

function readCatalogue(text: string): FeedReading {
  const parsed = tryParse(text);
  const catalogue = parsed.ok ? catalogueSchema.safeParse(parsed.value) : null;
  if (!catalogue?.success) {
    throw new Failure(
      "invalid",
      "The file looks like the catalogue of known exploited vulnerabilities, but it is not complete. It was probably cut short; fetch it again.",
    );
  }
  const problems = new ProblemList();
  const entries = new Map<string, KevEntry>();
  for (const [index, raw] of catalogue.data.vulnerabilities.entries()) {
    const entry = readEntry(raw);
    if (entry === null) problems.add(`vulnerabilities[${index}]`, "has no id or no date");
    else entries.set(entry.id, entry);
  }
  return {
    feed: "kev",
    extent: "whole",
    asOf: instantFromText(catalogue.data.dateReleased ?? ""),
    label: catalogue.data.catalogVersion === "" ? "" : `catalogue ${catalogue.data.catalogVersion}`,
    isComplete: true,
    entryCount: entries.size,
    content: { kind: "kev", entries: [...entries.values()] },
    problems,
  };
}

function readEntry(raw: unknown): KevEntry | null {
  const entry = entrySchema.safeParse(raw);
  const addedAt = entry.success ? instantFromText(entry.data.dateAdded) : null;
  if (!entry.success || addedAt === null) return null;
  return {
    id: entry.data.cveID,
    addedAt,
    dueAt: instantFromText(entry.data.dueDate ?? ""),
    isRansomware: entry.data.knownRansomwareCampaignUse?.toLowerCase() === "known",
  };
}
