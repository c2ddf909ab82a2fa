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
import { cleanText, type FeedFormat, VULNERABILITY_ID } from "../../feed-format.ts";
import type { Statement } from "../../model.ts";

/**
 * `updateinfo.xml` of rpm repositories: advisories with the builds that mend them, by collection and
 * module. The file does not name its release; the advisory's id and the mark in the builds
 * (`.el9`, `.amzn2023`) do.
 */
export const updateinfo: FeedFormat = {
  name: "updateinfo",
  recognise: (head) => /<updates\b/.test(head) && /<update\b/.test(head),
  begin() {
    const draft = new AdvisoryDraft();
    return {
      add(document) {
        const cut = readXml(document.text, new Set(["update"]), (update) =>
          addUpdate(draft, update),
        );
        if (cut !== null) draft.problems.add(document.place, `ends early: ${cut.split("\n")[0]}`);
      },
      finish: () => [draft.reading({ feed: "updateinfo", extent: "whole" })],
    };
  },
};

function addUpdate(draft: AdvisoryDraft, update: XmlElement): void {
  const id = textOf(childOf(update, "id"));
  const pkglist = childOf(update, "pkglist");
  if (!VULNERABILITY_ID.test(id) || pkglist === undefined) {
    draft.problems.add(id || "an update", "has no readable id or no packages");
    return;
  }
  const references = [...descendants(update, "reference")];
  const cves = cvesIn(
    references.map((r) => `${r.attributes["id"] ?? ""} ${r.attributes["title"] ?? ""}`).join(" "),
  );
  const ids = cves.length > 0 ? cves : [id];
  const said = childrenOf(pkglist, "collection").flatMap((collection) =>
    statementsIn(collection, id, ids),
  );
  const date = childOf(update, "updated") ?? childOf(update, "issued");
  const at = instantFromText((date?.attributes["date"] ?? "").slice(0, 10));
  const title = textOf(childOf(update, "title"));
  draft.record(id, { said, about: ids.map((each) => textAbout(each, { title })), at });
}

function statementsIn(
  collection: XmlElement,
  advisory: string,
  ids: readonly string[],
): readonly Statement[] {
  const module = childOf(collection, "module")?.attributes;
  const streams =
    module === undefined ? {} : { streams: [`${module["name"]}:${module["stream"]}`] };
  return childrenOf(collection, "package").flatMap((element) => {
    const { name = "", epoch = "0", version = "", release = "", arch = "" } = element.attributes;
    const ecosystem = ecosystemOf(advisory, release);
    if (ecosystem === null || name === "" || version === "" || arch === "src") return [];
    const evr = `${epoch === "0" || epoch === "" ? "" : `${epoch}:`}${version}-${release}`;
    return ids.map(
      (vulnerability): Statement => ({
        feed: "updateinfo",
        ecosystem,
        packageName: cleanText(name, 200),
        matches: "binary",
        vulnerability,
        advisory,
        state: { kind: "fixed", version: cleanText(evr, 200) },
        urgency: "",
        ...streams,
      }),
    );
  });
}

/** The publisher by the beginning of the id, the release by the mark in the build. */
function ecosystemOf(advisory: string, release: string): string | null {
  const enterprise = /\.(?:module[_+])?el(\d+)/.exec(release)?.[1];
  const publisher = publishers.find(([prefix]) =>
    new RegExp(`^${prefix}[SBE]A-`).test(advisory),
  )?.[1];
  if (publisher !== undefined)
    return enterprise === undefined ? null : `${publisher}:${enterprise}`;
  const amazon = /\.amzn(\d+)/.exec(release)?.[1];
  if (amazon !== undefined) return `Amazon Linux:${amazon}`;
  const fedora = /\.fc(\d+)/.exec(release)?.[1];
  return fedora === undefined ? null : `Fedora:${fedora}`;
}

const publishers = [
  ["AL", "AlmaLinux"],
  ["RL", "Rocky Linux"],
  ["RX", "Rocky Linux"],
  ["RH", "Red Hat"],
  ["EL", "Oracle Linux"],
] as const;
