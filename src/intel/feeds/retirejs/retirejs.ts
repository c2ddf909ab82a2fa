import { z } from "zod";
import { AdvisoryDraft, textAbout } from "../../advisory-draft.ts";
import { CVE_ID, cleanText, type FeedFormat, VULNERABILITY_ID } from "../../feed-format.ts";
import { tryParse } from "../../json-records.ts";
import type { Statement } from "../../model.ts";

/**
 * RetireJS's repository of JavaScript libraries: bounds per library (`atOrAbove`, `below`) with CVEs,
 * GHSA ids or neither. A library that is on npm under another name says so.
 */
export const retirejs: FeedFormat = {
  name: "retirejs",
  recognise: (head) =>
    /^\s*\{/.test(head) &&
    /"vulnerabilities"\s*:\s*\[\s*(\{[^{}]*"(below|atOrAbove)"\s*:|\])/.test(head) &&
    !/"bomFormat"|"csaf_version"/.test(head),
  begin() {
    const draft = new AdvisoryDraft();
    return {
      add(document) {
        const parsed = tryParse(document.text);
        const file = fileSchema.safeParse(parsed.ok ? parsed.value : null);
        if (!file.success) {
          draft.problems.add(document.place, "is no repository of libraries, or was cut short");
          return;
        }
        for (const [name, raw] of Object.entries(file.data)) {
          // Examples of the form, not libraries.
          if (name !== "retire-example" && name !== "dont check") addLibrary(draft, name, raw);
        }
      },
      finish: () => [draft.reading({ feed: "retirejs", extent: "whole", isComplete: false })],
    };
  },
};

const fileSchema = z.record(z.string(), z.unknown());

const librarySchema = z.object({
  npmname: z.string().optional(),
  vulnerabilities: z.array(z.unknown()),
});

const boundsSchema = z.object({
  atOrAbove: z.string().optional(),
  below: z.string().optional(),
  identifiers: z
    .object({
      summary: z.string().optional(),
      CVE: z.array(z.string()).optional(),
      githubID: z.string().optional(),
    })
    .default({}),
});

function addLibrary(draft: AdvisoryDraft, name: string, raw: unknown): void {
  const library = librarySchema.safeParse(raw);
  if (!library.success) {
    draft.problems.add(name, "is no library with its vulnerabilities");
    return;
  }
  const said: Statement[] = [];
  const titles = new Map<string, string>();
  const packageName = cleanText(library.data.npmname ?? name, 214);
  for (const [at, item] of library.data.vulnerabilities.entries()) {
    const bounds = boundsSchema.safeParse(item);
    if (!bounds.success || bounds.data.below === undefined) {
      draft.problems.add(`${name} vulnerabilities[${at}]`, "has no upper bound");
      continue;
    }
    const { below, atOrAbove, identifiers } = bounds.data;
    const fallback = [`retirejs:${packageName.replaceAll(/[^A-Za-z0-9._-]/g, "-")}:${below}`];
    const cves = (identifiers.CVE ?? []).map((id) => id.trim()).filter((id) => CVE_ID.test(id));
    const named = identifiers.githubID === undefined ? fallback : [identifiers.githubID];
    for (const id of (cves.length > 0 ? cves : named).filter((id) => VULNERABILITY_ID.test(id))) {
      titles.set(id, identifiers.summary ?? "");
      said.push({
        feed: "retirejs",
        ecosystem: "npm",
        packageName,
        matches: "binary",
        vulnerability: id,
        advisory: identifiers.githubID ?? "",
        state: {
          kind: "ranges",
          ranges: [{ introduced: atOrAbove ?? "0", fixed: below, lastAffected: null }],
          versions: [],
        },
        urgency: "",
      });
    }
  }
  const about = [...titles].map(([id, title]) => textAbout(id, { title }));
  draft.record(name, { said, about });
}
