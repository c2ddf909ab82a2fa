import { z } from "zod";
import { instantFromText } from "../../../base/instant.ts";
import { AdvisoryDraft, Extent, textAbout } from "../../advisory-draft.ts";
import { ecosystemOfCpe } from "../../cpe-release.ts";
import { CVE_ID, cleanText, type FeedFormat } from "../../feed-format.ts";
import { jsonRecords } from "../../json-records.ts";
import type { Statement } from "../../model.ts";
import { isModuleBuild } from "../../module-stream.ts";

/**
 * Red Hat's security data API: one body per CVE with the releases that are mended and, for packages
 * that are not, what is planned (`fix_state`). It names source packages. Lists of CVEs carry neither
 * and only describe.
 */
export const redhatHydra: FeedFormat = {
  name: "redhat-hydra",
  recognise: (head) =>
    /"threat_severity"\s*:/.test(head) ||
    (/"CVE"\s*:\s*"CVE-/.test(head) && /"(affected_packages|advisories)"\s*:/.test(head)),
  begin() {
    const draft = new AdvisoryDraft();
    const extent = new Extent();
    return {
      add(document) {
        extent.add(document);
        for (const { place, value } of jsonRecords(document, draft.problems)) {
          extent.addRecord(document, place);
          if (!readCve(draft, value)) draft.problems.add(place, "is no CVE of this API");
        }
      },
      finish: () => [draft.reading({ feed: "redhat-hydra", extent: extent.value })],
    };
  },
};

const fullSchema = z.object({
  name: z.string().regex(CVE_ID),
  public_date: z.string().optional(),
  bugzilla: z.object({ description: z.string().optional() }).optional(),
  affected_release: z
    .array(z.object({ advisory: z.string(), cpe: z.string(), package: z.string().optional() }))
    .optional(),
  package_state: z
    .array(z.object({ fix_state: z.string(), package_name: z.string(), cpe: z.string() }))
    .optional(),
});

const listedSchema = z.object({
  CVE: z.string().regex(CVE_ID),
  public_date: z.string().optional(),
  bugzilla_description: z.string().optional(),
});

function readCve(draft: AdvisoryDraft, value: unknown): boolean {
  const full = fullSchema.safeParse(value);
  if (full.success) {
    const {
      name: id,
      public_date,
      bugzilla,
      affected_release = [],
      package_state = [],
    } = full.data;
    const publishedAt = instantFromText(public_date ?? "");
    const said = [
      ...affected_release.flatMap((release) => fixedIn(id, release)),
      ...package_state.flatMap((state) => stated(id, state)),
    ];
    const about = [textAbout(id, { title: bugzilla?.description ?? "", publishedAt })];
    draft.record(id, { said, about, at: publishedAt });
    return true;
  }
  const listed = listedSchema.safeParse(value);
  if (!listed.success) return false;
  const { CVE: id, bugzilla_description: title = "" } = listed.data;
  const publishedAt = instantFromText(listed.data.public_date ?? "");
  draft.record(id, { said: [], about: [textAbout(id, { title, publishedAt })], at: publishedAt });
  return true;
}

function fixedIn(
  id: string,
  of: { readonly advisory: string; readonly cpe: string; readonly package?: string | undefined },
): readonly Statement[] {
  const ecosystem = ecosystemOfCpe(of.cpe);
  const [, name, evr] = /^(.+)-((?:\d+:)?[^-]+-[^-]+)$/.exec(of.package ?? "") ?? [];
  if (ecosystem === null || name === undefined || evr === undefined) return [];
  return [
    {
      ...common(id, ecosystem, name),
      advisory: cleanText(of.advisory, 60),
      state: { kind: "fixed", version: evr.replace(/^0:/, "") },
      ...(isModuleBuild(evr) ? { streams: [] } : {}),
    },
  ];
}

function stated(
  id: string,
  of: { readonly fix_state: string; readonly package_name: string; readonly cpe: string },
): readonly Statement[] {
  const ecosystem = ecosystemOfCpe(of.cpe);
  const state = stateOf(of.fix_state);
  if (ecosystem === null || state === null) return [];
  // `nodejs:16/nodejs` names the module stream before the package.
  const [, stream, name = of.package_name] =
    /^([\w.+-]+:[\w.+-]+)\/(.+)$/.exec(of.package_name) ?? [];
  const streams = stream === undefined ? {} : { streams: [stream] };
  return [{ ...common(id, ecosystem, name), state, ...streams }];
}

function common(id: string, ecosystem: string, name: string) {
  return {
    feed: "redhat-hydra",
    ecosystem,
    packageName: cleanText(name, 200),
    matches: "source" as const,
    vulnerability: id,
    advisory: "",
    urgency: "",
  };
}

function stateOf(text: string): Statement["state"] | null {
  switch (text.toLowerCase()) {
    case "affected":
    case "new":
      return { kind: "open" };
    case "fix deferred":
      return { kind: "deferred", why: text };
    case "will not fix":
      return { kind: "ignored", why: text };
    case "out of support scope":
      return { kind: "end-of-life" };
    case "not affected":
      return { kind: "never-affected", why: text };
    case "under investigation":
      return { kind: "undetermined" };
    default:
      return null;
  }
}
