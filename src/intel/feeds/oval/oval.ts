import { instantFromText } from "../../../base/instant.ts";
import {
  childOf,
  childrenOf,
  descendants,
  readXml,
  textOf,
  type XmlElement,
} from "../../../base/xml-elements.ts";
import { AdvisoryDraft, cvesIn, textAbout } from "../../advisory-draft.ts";
import { canonicalEcosystem } from "../../ecosystem-name.ts";
import type { FeedFormat } from "../../feed-format.ts";
import type { Statement } from "../../model.ts";
import { type PackageClaim, platformsAndPackages } from "./criteria.ts";

/**
 * OVAL 5 definitions of rpm distributions (SUSE by CVE, Oracle by advisory). A definition is a tree of
 * conditions: this platform AND one of these packages earlier than that version. The leaves refer to
 * tests, these to objects (the package) and states (the version); their comments say the same in
 * words and are used where a reference leads nowhere, as in cut files.
 */
export const oval: FeedFormat = {
  name: "oval",
  recognise: (head) => /<(?:[a-z-]+:)?oval_definitions\b/.test(head),
  begin() {
    const drafts = new Map<string, AdvisoryDraft>();
    return {
      add(document) {
        const { definitions, tests, cut } = collect(document.text);
        const feed = feedOf(document.text.slice(0, 4_096));
        const draft = drafts.get(feed) ?? new AdvisoryDraft();
        drafts.set(feed, draft);
        if (cut !== null) draft.problems.add(document.place, `ends early: ${cut.split("\n")[0]}`);
        for (const definition of definitions) addDefinition(draft, feed, definition, tests);
      },
      finish: () => [...drafts].map(([feed, draft]) => draft.reading({ feed, extent: "whole" })),
    };
  },
};

function feedOf(head: string): string {
  if (/Oracle Errata System|com\.oracle/.test(head)) return "oracle-oval";
  return /opensuse|suse/i.test(head) ? "suse-oval" : "oval";
}

export interface OvalTest {
  readonly name: string;
  readonly evr: string;
}

interface Collected {
  readonly definitions: readonly XmlElement[];
  readonly tests: ReadonlyMap<string, OvalTest>;
  readonly cut: string | null;
}

const WANTED: ReadonlySet<string> = new Set([
  "definition",
  "rpminfo_test",
  "rpminfo_object",
  "rpminfo_state",
]);

function collect(text: string): Collected {
  const definitions: XmlElement[] = [];
  const links = new Map<string, { readonly object: string; readonly state: string }>();
  const names = new Map<string, string>();
  const versions = new Map<string, string>();
  const cut = readXml(text, WANTED, (element) => {
    const id = element.attributes["id"] ?? "";
    if (element.name === "definition") definitions.push(element);
    if (element.name === "rpminfo_object") names.set(id, textOf(childOf(element, "name")));
    if (element.name === "rpminfo_state") versions.set(id, textOf(childOf(element, "evr")));
    if (element.name !== "rpminfo_test") return;
    const object = childOf(element, "object")?.attributes["object_ref"] ?? "";
    links.set(id, { object, state: childOf(element, "state")?.attributes["state_ref"] ?? "" });
  });
  const tests = new Map<string, OvalTest>();
  for (const [id, { object, state }] of links) {
    tests.set(id, { name: names.get(object) ?? "", evr: versions.get(state) ?? "" });
  }
  return { definitions, tests, cut };
}

function addDefinition(
  draft: AdvisoryDraft,
  feed: string,
  definition: XmlElement,
  tests: ReadonlyMap<string, OvalTest>,
): void {
  const id = definition.attributes["id"] ?? "";
  const metadata = childOf(definition, "metadata");
  const criteria = childOf(definition, "criteria");
  if (metadata === undefined || criteria === undefined || id === "") {
    draft.problems.add(id || "a definition", "has no metadata or no criteria");
    return;
  }
  const title = textOf(childOf(metadata, "title")).replaceAll(/\s+/g, " ");
  const cves = cvesOf(metadata, title);
  const advisory = ADVISORY.exec(title)?.[1] ?? "";
  const isAdvisory = !advisory.startsWith("CVE-");
  const ids = cves.length > 0 ? cves : isAdvisory && advisory !== "" ? [advisory] : [id];
  const claims = platformsAndPackages(criteria, tests);
  const said = claims.flatMap((claim) =>
    ids.map((vulnerability) =>
      statementOf(claim, { feed, vulnerability, advisory: isAdvisory ? advisory : "" }),
    ),
  );
  const issued = [...descendants(metadata, "updated"), ...descendants(metadata, "issued")];
  const at = instantFromText(issued[0]?.attributes["date"] ?? "");
  draft.record(id, { said, about: ids.map((each) => textAbout(each, { title })), at });
}

const ADVISORY = /^([A-Z]+-\d{4}[:-][\w:.-]*\w)/;

function cvesOf(metadata: XmlElement, title: string): readonly string[] {
  const references = childrenOf(metadata, "reference").map((r) => r.attributes["ref_id"] ?? "");
  const advisory = childOf(metadata, "advisory");
  const listed = advisory === undefined ? [] : childrenOf(advisory, "cve").map(textOf);
  return cvesIn([title, ...references, ...listed].join(" "));
}

function statementOf(
  claim: PackageClaim,
  of: { readonly feed: string; readonly vulnerability: string; readonly advisory: string },
): Statement {
  return {
    ...of,
    ecosystem: ecosystemOf(claim.platform),
    packageName: claim.name,
    matches: "binary",
    state: claim.state,
    urgency: "",
    ...(claim.streams.length > 0 ? { streams: claim.streams } : {}),
    ...(claim.arches.length > 0 ? { arches: claim.arches } : {}),
  };
}

function ecosystemOf(platform: string): string {
  if (platform.startsWith("SUSE ")) return canonicalEcosystem(`SUSE:${platform.slice(5)}`);
  const leap = /^openSUSE Leap (\d+\.\d+)/.exec(platform)?.[1];
  if (leap !== undefined) return `openSUSE:Leap ${leap}`;
  const other = /^(Oracle Linux|Red Hat Enterprise Linux|AlmaLinux|Rocky Linux) (\d+)/.exec(
    platform,
  );
  const name = other?.[1] === "Red Hat Enterprise Linux" ? "Red Hat" : other?.[1];
  return name === undefined ? platform : `${name}:${other?.[2]}`;
}
