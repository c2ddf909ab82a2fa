import { z } from "zod";
import { ecosystemOfCodename } from "../../../inventory/release-name.ts";
import { AdvisoryDraft, textAbout } from "../../advisory-draft.ts";
import { CVE_ID, type FeedFormat } from "../../feed-format.ts";
import { jsonRecords } from "../../json-records.ts";
import type { Statement } from "../../model.ts";

/**
 * Fixes that maintainers named in the changelogs of their uploads, one stanza a line. An excerpt: an
 * upload that names no CVE is missed, and absence means nothing. Only uploads to a release count;
 * those to unstable say nothing about when a release got them.
 */
export const debianChangelogs: FeedFormat = {
  name: "debian-changelogs",
  recognise: (head) => /^\s*\{[^\n]*"source"\s*:[^\n]*"dist"\s*:[^\n]*"cves"\s*:\s*\[/.test(head),
  begin() {
    const draft = new AdvisoryDraft();
    return {
      add(document) {
        for (const { place, value } of jsonRecords(document, draft.problems)) {
          const stanza = stanzaSchema.safeParse(value);
          if (stanza.success) add(draft, stanza.data);
          else draft.problems.add(place, "is no stanza of a changelog");
        }
      },
      finish: () => [
        draft.reading({
          feed: FEED,
          extent: "whole",
          isComplete: false,
          label: "derived from changelogs: an excerpt that knows fixed versions only",
        }),
      ],
    };
  },
};

const FEED = "debian-changelogs";

const stanzaSchema = z.object({
  source: z.string().min(1).max(100),
  version: z.string().min(1).max(200),
  dist: z.string().max(60),
  cves: z.array(z.string()),
});

function add(draft: AdvisoryDraft, stanza: z.output<typeof stanzaSchema>): void {
  const { source, version, dist } = stanza;
  const codename = /^([a-z]+)(?:-security|-updates|-proposed-updates)?$/.exec(dist)?.[1] ?? "";
  const ecosystem = ecosystemOfCodename(codename);
  const ids = [...new Set(stanza.cves.filter((id) => CVE_ID.test(id)))];
  const said = ids.flatMap((vulnerability): readonly Statement[] => {
    if (ecosystem === null) return [];
    const common = { feed: FEED, ecosystem, packageName: source, matches: "source" as const };
    const state = { kind: "fixed", version } as const;
    return [{ ...common, vulnerability, advisory: "", state, urgency: "" }];
  });
  draft.record(`${source} ${version}`, { said, about: ids.map((id) => textAbout(id)) });
}
