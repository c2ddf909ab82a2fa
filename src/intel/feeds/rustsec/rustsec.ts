import { z } from "zod";
import { instantFromText } from "../../../base/instant.ts";
import { parseToml, TomlError } from "../../../base/toml-text.ts";
import { AdvisoryDraft, Extent, textAbout } from "../../advisory-draft.ts";
import { type FeedFormat, VULNERABILITY_ID } from "../../feed-format.ts";
import type { Statement } from "../../model.ts";
import { intervalsOutside } from "../../semver-ranges.ts";
import { vulnerabilitiesOf } from "../osv/vulnerability-ids.ts";

/**
 * RustSec's advisories in their own form: Markdown behind a block of TOML. They name what is patched
 * and what was never affected; everything else is. Notices without a flaw (`informational`) other
 * than `unsound` say something about a crate, not about a vulnerability.
 */
export const rustsec: FeedFormat = {
  name: "rustsec",
  recognise: (head) => /^```toml\r?\n[\s\S]*?^\[advisory\]/m.test(head),
  begin() {
    const draft = new AdvisoryDraft();
    const extent = new Extent();
    return {
      add(document) {
        extent.add(document);
        const problem = readAdvisory(draft, document.text);
        if (problem !== null) draft.problems.add(document.place, problem);
      },
      finish: () => [draft.reading({ feed: "rustsec", extent: extent.value })],
    };
  },
};

const advisorySchema = z.object({
  advisory: z.object({
    id: z.string().regex(VULNERABILITY_ID),
    package: z.string().min(1).max(200),
    date: z.string().default(""),
    withdrawn: z.string().optional(),
    informational: z.string().optional(),
    aliases: z.array(z.string()).optional(),
    related: z.array(z.string()).optional(),
  }),
  versions: z.object({
    patched: z.array(z.string()),
    unaffected: z.array(z.string()).default([]),
  }),
});

function readAdvisory(draft: AdvisoryDraft, text: string): string | null {
  const block = /^```toml\r?\n([\s\S]*?)^```/m.exec(text)?.[1];
  if (block === undefined) return "has no whole block of TOML";
  let value: unknown;
  try {
    value = parseToml(block);
  } catch (cause) {
    if (cause instanceof TomlError) return cause.message;
    throw cause;
  }
  const parsed = advisorySchema.safeParse(value);
  if (!parsed.success) return `is no advisory: ${parsed.error.issues[0]?.path.join(".") ?? ""}`;
  const { advisory, versions } = parsed.data;
  const ranges = intervalsOutside([...versions.patched, ...versions.unaffected]);
  if (ranges === null) return "names versions that are none";
  const isFlaw = advisory.informational === undefined || advisory.informational === "unsound";
  // Those of the language's own collection stand under CVE ids and speak of tools, not of crates.
  const isCrate = advisory.id.startsWith("RUSTSEC-");
  const isSilent = !isFlaw || !isCrate || advisory.withdrawn !== undefined;
  const ids = vulnerabilitiesOf(advisory, "crates.io");
  const title = /^# (.+)$/m.exec(text)?.[1] ?? "";
  const publishedAt = instantFromText(advisory.date);
  const said = ids.map(
    (vulnerability): Statement => ({
      feed: "rustsec",
      ecosystem: "crates.io",
      packageName: advisory.package,
      matches: "binary",
      vulnerability,
      advisory: advisory.id,
      state: { kind: "ranges", ranges, versions: [] },
      urgency: "",
    }),
  );
  const about = textAbout(advisory.id, { title, publishedAt });
  draft.record(advisory.id, {
    said: isSilent ? [] : said,
    about: [advisory.withdrawn === undefined ? about : { ...about, status: "withdrawn" }],
    at: publishedAt,
  });
  return null;
}
